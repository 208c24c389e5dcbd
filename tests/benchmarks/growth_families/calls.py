"""Functions that call each other, are handed on, wrap each other, and yield."""

from __future__ import annotations

from growth_families.writing import definitions, each, family, fill, listed, nested, used


@family("calls of one helper", 100)
def calls_of_one(n: int) -> str:
    calls = each(n, "m$i = Net()\nstep(m$i, x, True)\nstep(m$i, x, False)")
    return f"def step(net, x, mode):\n    net.train(mode)\n    return net(x)\n\n\n{calls}"


@family("a chain of calls", 100)
def call_chain(n: int) -> str:
    return fill(
        """
        $functions
        def f$n(net, x):
            return net(x)


        f0(Net(), x)
        """,
        n=str(n),
        functions=definitions(n, "def f$i(net, x):\n    net.train()\n    return f$j(net, x)"),
    )


@family("a call tree with a flag at each level", 8)
def call_tree(n: int) -> str:
    return fill(
        """
        $functions
        def f$n(net, flag):
            return net(x)


        f0(Net(), check())
        """,
        n=str(n),
        functions=definitions(
            n,
            """
            def f$i(net, flag):
                if flag:
                    net.eval()
                f$j(net, True)
                f$j(net, False)
                return net(x)
            """,
        ),
    )


@family("a helper that makes objects, called at each level", 7)
def makers(n: int) -> str:
    made = definitions(n, "def make$j():\n    return nn.Sequential(make$i(), make$i())")
    return f"def make0():\n    return Net()\n\n\n{made}" + used(f"make{n}()")


@family("recursion of all with all", 30)
def recursion(n: int) -> str:
    """Every function calls three, and reaches every other one."""
    functions = (
        fill(
            """
            def f$i(net, x):
                if check(x):
                    net.train()
                    f$j(net, x)
                    f$k(net, x)
                elif check(net):
                    net.eval()
                    f$l(net, x)
                return net(x)


            """,
            i=str(number),
            j=str((number + 1) % n),
            k=str((number * 7 + 3) % n),
            l=str((number * 5 + 2) % n),
        )
        for number in range(n)
    )
    return "".join(functions) + "f0(Net(), x)\n"


@family("functions that nobody calls", 60)
def roots(n: int) -> str:
    return definitions(
        n,
        """
        def run$i(net, other, flag):
            net.eval()
            if flag:
                other.train()
            with torch.no_grad():
                return net(other(x)).argmax().item()
        """,
    )


@family("functions handed on in a dictionary", 60)
def callbacks(n: int) -> str:
    return fill(
        """
        $functions
        steps = {$items}
        net = Net()
        for step in steps.values():
            step(net)
        steps[key](net)
        net(x)
        """,
        functions=definitions(n, "def f$i(net):\n    net.eval()\n    return net(x)"),
        items=listed(n, "'net$i': f$i"),
    )


@family("partial applications", 60)
def partials(n: int) -> str:
    return "f0 = functools.partial(test, Net())\n" + each(n, "f$j = functools.partial(f$i)\nf$j()")


@family("closures", 60)
def closures(n: int) -> str:
    makers = definitions(
        n,
        """
        def make$i(net):
            def step(x):
                net.eval()
                return net(x)

            return step
        """,
    )
    return makers + each(n, "s$i = make$i(Net())") + each(n, "s$i(x)")


@family("functions in functions", 8)
def inner_functions(n: int) -> str:
    text = "net.eval()\nnet(x)\n"
    for number in reversed(range(n)):
        text = fill(
            """
            def f$i(n$i):
                net.train()
                n$i.eval()
                $text
                return n$i(x)

            f$i(Net())
            """,
            i=str(number),
            text=text,
        )
    return f"net = Net()\n{text}net(x)\n"


@family("decorators on one function", 50)
def decorators_stacked(n: int) -> str:
    return fill(
        """
        $decorators
        $stacked
        def step(net):
            return net(x)


        step(Net())
        """,
        decorators=definitions(
            n,
            """
            def d$i(function):
                @functools.wraps(function)
                def inner(net):
                    net.train()
                    return function(net)

                return inner
            """,
        ),
        stacked=each(n, "@d$i"),
    )


@family("functions with one decorator", 60)
def decorated(n: int) -> str:
    return fill(
        """
        def evaluating(function):
            def inner(net):
                net.eval()
                return function(net)

            return inner


        $functions
        $calls
        """,
        functions=definitions(n, "@evaluating\ndef f$i(net):\n    return net(x)"),
        calls=each(n, "f$i(Net())"),
    )


@family("generators", 40)
def generators(n: int) -> str:
    return fill(
        """
        def g0(net):
            yield from loader


        $generators
        net = Net()
        for x in g$n(net):
            net(x)
        """,
        n=str(n),
        generators=definitions(
            n,
            """
            def g$j(net):
                net.train()
                for x in g$i(net):
                    net.eval()
                    yield net(x)
            """,
        ),
    )


@family("context managers one in the other", 8)
def managers_nested(n: int) -> str:
    entered = nested((f"with c{number}(net):" for number in range(n)), "net(x)")
    return f"{managers_of(n)}net = Net()\n{entered}net(x)\n"


@family("context managers in sequence", 40)
def managers(n: int) -> str:
    entered = each(n, "with c$i(net):\n    net(x)\nnet.train()")
    return f"{managers_of(n)}net = Net()\n{entered}"


def managers_of(n: int) -> str:
    return definitions(
        n,
        """
        @contextlib.contextmanager
        def c$i(net):
            was = net.training
            net.eval()
            try:
                yield net
            finally:
                net.train(was)
        """,
    )
