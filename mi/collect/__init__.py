"""Experiments found, selected and overridden, as pytest collects tests."""
