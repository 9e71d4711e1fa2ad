"""What an attacker sends: forged tokens, fields that are not theirs to set, bodies and addresses out of shape."""
