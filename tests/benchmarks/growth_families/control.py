"""Branches, loops, exceptions, contexts, and what outputs are used for."""

from __future__ import annotations

from growth_families.writing import definitions, each, family, fill, listed, nested, used


@family("try in sequence", 60)
def tries(n: int) -> str:
    return "net = Net()\n" + each(
        n,
        """
        try:
            net.load_state_dict(torch.load('$i'))
            net.eval()
        except OSError:
            net.train()
        net(x)
        """,
    )


@family("try one in the other", 8)
def tries_nested(n: int) -> str:
    text = "net.load_state_dict(torch.load('w'))\nnet.eval()\n"
    for _ in range(n):
        text = fill(
            """
            try:
                $text
            except OSError:
                net.train()
            finally:
                net(x)
            """,
            text=text,
        )
    return f"net = Net()\n{text}"


@family("models loaded in try in a loop", 60)
def loaded(n: int) -> str:
    return fill(
        """
        nets = []
        for path in paths:
            $body
        for net in nets:
            net(x)
        """,
        body=each(
            n,
            """
            try:
                m$i = torch.load(path)
                m$i.eval()
            except OSError:
                continue
            nets.append(m$i)
            """,
        ),
    )


@family("loops one in the other", 4)
def loops_nested(n: int) -> str:
    text = "net.eval()\nnet(x)\n"
    for number in range(n):
        text = fill(
            """
            for x$i in loader:
                net.train()
                $text
                net(x$i)
            """,
            i=str(number),
            text=text,
        )
    return f"net = Net()\n{text}"


@family("loops in sequence", 60)
def loops(n: int) -> str:
    return "net = Net()\n" + each(
        n,
        """
        for x in loader:
            net.train()
            net(x)
            net.eval()
        net(x)
        """,
    )


@family("early continue", 80)
def continues(n: int) -> str:
    return fill(
        """
        net = Net()
        for x in loader:
            $body
        """,
        body=each(n, "if check(x, $i):\n    net.eval()\n    continue\nnet(x)"),
    )


@family("early return", 80)
def returns(n: int) -> str:
    return fill(
        """
        def run(net):
            $body
            return net


        run(Net())(x)
        """,
        body=each(n, "if check($i):\n    net.eval()\n    return net"),
    )


@family("ifs one in the other", 8)
def ifs_nested(n: int) -> str:
    text = nested((f"if check({number}):" for number in range(n)), "net.eval()")
    return f"net = Net()\n{text}net(x)\n"


@family("phases in a loop", 60)
def phases(n: int) -> str:
    return fill(
        """
        net = Net()
        for phase in ["train", "val"]:
            $body
        """,
        body=each(n, "if phase == 'train':\n    net.train()\nelse:\n    net.eval()\nnet(x)"),
    )


@family("operands of a condition", 60)
def operands(n: int) -> str:
    return fill(
        """
        def run(net, $flags):
            if $condition:
                net.eval()
            net(x)
            if $condition:
                net(x)
        """,
        flags=listed(n, "flag$i"),
        condition=" and ".join(f"flag{number}" for number in range(n)),
    )


@family("comprehensions", 60)
def comprehensions(n: int) -> str:
    made = each(n, "net.eval()\ny$i = [net(x) for x in loader if x is not None]\nnet.train()")
    return f"net = Net()\n{made}"


@family("gradient contexts one in the other", 8)
def gradient_contexts(n: int) -> str:
    modes = ["no_grad", "enable_grad"] * n
    text = nested((f"with torch.{mode}():" for mode in modes[:n]), "net(x)")
    return f"net = Net()\nnet.eval()\n{text}net(x)\n"


@family("outputs added up to one loss", 80)
def outputs(n: int) -> str:
    return fill(
        """
        net = Net()
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        seen = []
        for x in loader:
            total = 0
            $body
            total.backward()
            optimizer.step()
        """,
        body=each(n, "total = total + net(x).sum()\nseen.append(total.item())"),
    )


@family("outputs handed from function to function", 60)
def handed_outputs(n: int) -> str:
    return fill(
        """
        $functions
        def f$n(y):
            return y.sum()


        net = Net()
        net.eval()
        $calls
        """,
        n=str(n),
        functions=definitions(n, "def f$i(y):\n    return f$j(y * 2)"),
        calls=each(n, "f$i(net(x)).backward()"),
    )


@family("plain statements", 400)
def plain(n: int) -> str:
    body = each(n, "x$i = numbers[$i] + len(names) * 2")
    return fill("def run(numbers, names):\n    $body\n\n", body=body) + used("Net()")
