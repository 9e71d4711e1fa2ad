"""Who may do what: every route and method of the API, seven callers, and the world that they act on.

`rows/` is the table, `world` what it acts on, `routes` what the URL resolver knows, `acting` sends a row's request.
"""
