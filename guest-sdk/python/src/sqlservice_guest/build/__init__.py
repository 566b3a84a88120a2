"""Builds a plugin: `python -m sqlservice_guest.build PROJECT --out FILE`.

It runs on the developer's machine and is no part of the plugin.
"""
