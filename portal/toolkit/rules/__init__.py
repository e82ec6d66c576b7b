"""Pure rules of the toolkit: its words, states, files of content, searches and tools."""
