"""The pages that stand above the domain apps: home, workplaces, shared templates, components, languages and error pages."""
