"""Segments (客户分群): customers by what is known of them, asked anew each time; the language of conditions.

Owns: segments.
Emits: nothing.
Called by: views (conditions, segments of customers), routing (who comes to the queue), tagging, wiring.
"""
