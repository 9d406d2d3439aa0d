"""What Salesforce CPQ and Revenue Cloud have in common: the relay's signature, Outbound Messages, words, and messages for people."""
