"""The watch: what is about to leak from agreements in force, told while there is still time."""
