"""Runs and studies as HTML that needs nothing beside itself: one file, or a folder of pages.

No page asks for anything: figures are inline SVG, style and script stand in the page, and its
content security policy forbids every request.
"""
