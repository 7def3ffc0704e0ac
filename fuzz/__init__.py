"""Every parser of Doorward, given whatever may arrive.

A target is one function over bytes and the exceptions that are answers; anything else that it
raises, and an input that takes long, is a finding. ``python -m fuzz`` runs them; README.md says
how.
"""
