"""Dashboards over a label database: a declarative spec, its panels' numbers, pictures of them, and one page."""
