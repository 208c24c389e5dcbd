"""What operations do to a state, and where to start.

``run`` says where to begin, ``assembly`` lists the parts of the machine.  They are grouped by
what they give a meaning to: ``control`` (statements, conditions, contexts), ``calls`` (functions,
classes, what nobody sees), ``modules`` (modes, submodules, forward calls), ``libraries`` (what
the knowledge tables say) and ``data`` (containers, copies, outputs).
"""
