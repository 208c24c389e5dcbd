"""Many models, many names for them, many flags."""

from __future__ import annotations

from growth_families.writing import each, family, fill, listed, used


@family("models with flags", 100)
def models_with_flags(n: int) -> str:
    return fill(
        """
        def run($flags):
            $made
            $switched
            for x in loader:
                $used
        """,
        flags=listed(n, "flag$i"),
        made=each(n, "m$i = Net()"),
        switched=each(n, "if flag$i:\n    m$i.eval()"),
        used=each(n, "print(m$i(x).argmax().item())"),
    )


@family("flags between the uses of one model", 100)
def flags_between_uses(n: int) -> str:
    return fill(
        """
        def run($flags):
            net = Net()
            $body
        """,
        flags=listed(n, "flag$i"),
        body=each(n, "if flag$i:\n    net.train()\nnet(x)\nnet.eval()"),
    )


@family("the same guard again and again", 60)
def same_guard(n: int) -> str:
    return fill(
        """
        def run(flag, $others):
            net = Net()
            $body
        """,
        others=listed(n, "other$i"),
        body=each(
            n,
            """
            if flag:
                net.eval()
            if other$i:
                print($i)
            if flag:
                net(x)
                net.train()
            """,
        ),
    )


@family("flags given on as modes", 100)
def flags_as_modes(n: int) -> str:
    return fill(
        """
        def run($flags):
            net = Net()
            $body
        """,
        flags=listed(n, "flag$i"),
        body=each(n, "net.train(flag$i)\nnet(x)\nnet.train(not flag$i)\nnet(x)"),
    )


@family("flags that are assigned again", 60)
def flags_assigned(n: int) -> str:
    body = """
        if flag:
            net.eval()
        flag = check($i)
        if flag:
            net.train()
        net(x)
    """
    return fill("def run(flag, check):\n    net = Net()\n    $body", body=each(n, body))


@family("modules in one attribute each", 100)
def attributes(n: int) -> str:
    return fill(
        """
        class Whole(nn.Module):
            def __init__(self):
                super().__init__()
                $made

            def freeze(self):
                $frozen

            def forward(self, x):
                $used
                return x


        whole = Whole()
        whole.freeze()
        print(whole(x).sum().item())
        """,
        made=each(n, "self.m$i = Net()"),
        frozen=each(n, "self.m$i.eval()"),
        used=each(n, "x = self.m$i(x)"),
    )


@family("aliases", 100)
def aliases(n: int) -> str:
    return "a0 = Net()\n" + each(n, "a$j = a$i\na$j.eval()\na$j(x)\na$j.train()")


@family("names that change places", 100)
def swaps(n: int) -> str:
    changes = each(n, "if check($i):\n    a, b = b, a\na(x)")
    return f"a, b = Net(), Net()\na.eval()\n{changes}"


@family("alternatives by elif", 60)
def elif_constructors(n: int) -> str:
    return fill(
        """
        $classes

        def build(name):
            if name == "net":
                net = Net()
            $others
            return net

        $used
        """,
        classes=each(n, "class Net$i(Net):\n    pass\n\n"),
        others=each(n, "elif name == 'net$i':\n    net = Net$i()"),
        used=used("build(name)"),
    )


@family("alternatives by match", 60)
def match_constructors(n: int) -> str:
    return fill(
        """
        def build(name):
            net = Net()
            match name:
                $cases
            return net

        $used
        """,
        cases=each(n, "case 'net$i':\n    net = nn.Sequential(nn.Linear($i, 4), nn.Dropout())"),
        used=used("build(name)"),
    )


@family("alternatives one after the other", 100)
def ternaries(n: int) -> str:
    return fill(
        """
        def run($flags):
            net = Net()
            $body
        """,
        flags=listed(n, "flag$i"),
        body=each(n, "net = Net() if flag$i else net\nnet.eval()\nnet(x)"),
    )


@family("a dictionary display", 60)
def dictionary(n: int) -> str:
    return fill(
        """
        nets = {
            $items
        }
        nets[key].train()
        $asked
        for net in nets.values():
            net(x)
        """,
        items=each(n, "'net$i': Net(),"),
        asked=each(n, "nets['net$i'].eval()\nprint(nets['net$i'](x).argmax().item())"),
    )


@family("a list that is appended to", 100)
def appends(n: int) -> str:
    return fill(
        """
        nets = []
        $appended
        for net in nets:
            print(net(x).argmax().item())
        """,
        appended=each(n, "nets.append(Net())\nnets[-1].eval()"),
    )


@family("lists added to each other", 100)
def added_lists(n: int) -> str:
    added = each(n, "nets = nets + [Net()]\nnets[$i].eval()\nnets[0](x)")
    return f"nets = [Net()]\n{added}"


@family("modules() over lists", 30)
def modules_over_lists(n: int) -> str:
    return fill(
        """
        class Whole(nn.Module):
            def __init__(self):
                super().__init__()
                $made

            def forward(self, x):
                return self.l0[0](x)


        whole = Whole()
        $loops
        print(whole(x).argmax().item())
        """,
        made=each(n, "self.l$i = nn.ModuleList([Net(), Net()])"),
        loops=each(
            n,
            """
            for m in whole.l$i.modules():
                m.eval()
            for m in whole.modules():
                if isinstance(m, nn.BatchNorm1d):
                    m.train()
            """,
        ),
    )


@family("modules in modules", 50)
def wrappers(n: int) -> str:
    wrapped = each(n, "net = nn.Sequential(net, nn.Dropout())\nnet[0].eval()")
    return f"net = Net()\n{wrapped}net.train()\nnet(x)\n"
