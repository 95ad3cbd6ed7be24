"""The ASGI entry, for uvicorn (`openbeian office run`)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openbeian.office.settings")
application = get_asgi_application()
