"""The rulebook: numbered, versioned rules that can be cited, learnt and changed."""
