"""The filing office: a Django project with the pages of provider, office and public, and the JSON API."""
