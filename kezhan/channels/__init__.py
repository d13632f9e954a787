"""The doors customers come through: accounts, adapters, what comes in and what goes out.

Owns: channel_accounts, channel_inbox, channel_deliveries, channel_windows, channel_message_names,
channel_kept, channel_health; the customers' own protocol under `/w/v1`.
Emits: ChannelChanged, ChannelWorking, CustomerSpoke.
Called by: platforms and visitors over HTTP and sockets; wiring (deliveries); the command line's demo.
"""
