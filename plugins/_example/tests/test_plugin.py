"""The plugin announces what it holds."""

from importlib import import_module

from weirflow_example import plugin


def test_every_reference_leads_to_the_class_it_announces():
    for reference in plugin.weirflow_nodes():
        module, _, name = reference.target.partition(":")
        node = getattr(import_module(module), name)
        assert node.reference() == reference.reference
        assert node.__doc__.splitlines()[0] == reference.summary
