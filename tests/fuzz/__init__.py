"""What strangers may send, and what must hold of it whatever it is.

Only nbdock's own errors come out of a parser, in bounded time and memory, and what is parsed, printed and parsed again
is the same. The examples are the same in each run; `scripts/fuzz` looks for others.
"""
