"""HTTP between neurons and relayers: requests signed by the caller's hotkey, answers by the responder's.

Requests follow ``btauth/1`` of ``bittensor.http_auth``, bound to the receiver. That protocol leaves answers
unsigned, so :mod:`signed_http.response` adds a signature over the answer and the request it answers.
"""
