"""The Python guest: what runs inside the sandbox, around user code.

Nothing here is trusted. User code may reach and change all of it; whatever must hold is held by the host.
"""
