"""The doors customers come through: accounts, adapters, what comes in and what goes out.

Owns: channel_accounts, channel_inbox, channel_deliveries; the customers' own protocol under `/w/v1`.
Emits: ChannelChanged.
Called by: platforms and visitors over HTTP and sockets; wiring (deliveries); the command line's demo.
"""
