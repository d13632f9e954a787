"""Translation both ways, by a service the workspace has named: what customers write, for those who read it;
what agents write, before it goes out.

Owns: translation_settings, translation_usage, translation_readers, translations.
Emits: nothing.
Called by: the workbench, wiring (a message that is changed or taken back takes its translations along).
"""
