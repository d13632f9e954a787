"""The timeline (客户动态): all that has happened with a customer, in one list.

Owns: nothing; it is read from where each thing stands.
Emits: nothing.
Called by: nobody.
"""
