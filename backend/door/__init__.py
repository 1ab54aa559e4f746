"""The door: the public port, an asyncio process in front of Django that never lets a slow client hold a thread.

`config.run` starts it (`python -m backend.door`); docs/decisions/0020-a-door-before-gunicorn.md says why it is there.
"""
