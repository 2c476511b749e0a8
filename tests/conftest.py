"""What holds for every test."""

from hypothesis import settings

# How long an example takes says something about the machine; speed is the bench's subject.
settings.register_profile("lab", deadline=None)
settings.load_profile("lab")
