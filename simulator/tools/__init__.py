"""Instruments inside the lab: what a person at a vantage point types in a terminal.

Each tool is an asyncio function that runs on the person's own machine, in lab time, and
writes in the shape of the program whose name it bears, so that what is learnt here carries
over. It takes the options that show something about blocking and seizure; one that it does
not know is refused by name, never ignored.
"""
