"""Inheritance and methods."""

from __future__ import annotations

from growth_families.writing import definitions, each, family, fill, used


@family("a chain of classes with super()", 60, most=3.0)
def class_chain(n: int) -> str:
    return fill(
        """
        Net0 = Net


        $classes
        $used
        """,
        classes=definitions(
            n,
            """
            class Net$j(Net$i):
                def __init__(self):
                    super().__init__()
                    self.d$i = nn.Dropout()

                def train(self, mode=True):
                    return super().train(mode)

                def forward(self, x):
                    return self.d$i(super().forward(x))
            """,
        ),
        used=used(f"Net{n}()"),
    )


@family("diamonds of inheritance", 8, most=3.0)
def diamonds(n: int) -> str:
    return fill(
        """
        A0 = Net


        $classes
        $used
        """,
        classes=definitions(
            n,
            """
            class L$j(A$i):
                def __init__(self):
                    super().__init__()
                    self.l$i = nn.Dropout()


            class R$j(A$i):
                def __init__(self):
                    super().__init__()
                    self.r$i = nn.Dropout()


            class A$j(L$j, R$j):
                def __init__(self):
                    super().__init__()
                    self.a$i = nn.Dropout()
            """,
        ),
        used=used(f"A{n}()"),
    )


@family("classes that nobody uses", 100)
def unused_classes(n: int) -> str:
    return zoo(n) + used("Net()")


def zoo(n: int) -> str:
    """Classes of modules."""
    return definitions(
        n,
        """
        class Net$i(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(4, 4)
                self.drop = nn.Dropout()

            def forward(self, x):
                return self.drop(self.layer(x))
        """,
    )


@family("methods that call two others", 25)
def two_others(n: int) -> str:
    return fill(
        """
        class Trainer:
            def __init__(self):
                self.net = Net()

            def step$n(self, x):
                return self.net(x)

            step$m = step$n

            $methods


        Trainer().step0(x)
        """,
        n=str(n),
        m=str(n + 1),
        methods="\n".join(
            fill(
                """
                def step$i(self, x):
                    self.net.train()
                    self.step$j(x)
                    self.net.eval()
                    self.step$k(x)
                    return self.net(x)
                """,
                i=str(number),
                j=str(number + 1),
                k=str(number + 2),
            )
            for number in range(n)
        ),
    )


@family("methods that set an attribute and methods that use it", 60)
def setters(n: int) -> str:
    return fill(
        """
        class Trainer:
            def __init__(self):
                $made

            $methods


        trainer = Trainer()
        $used
        """,
        made=each(n, "self.other$i = Net()"),
        methods=each(
            n,
            """
            def set$i(self):
                self.net = self.other$i

            def use$i(self, x):
                self.net.eval()
                return self.net(x)
            """,
        ),
        used=each(n, "trainer.set$i()\ntrainer.use$i(x)"),
    )


@family("properties of properties", 60)
def properties(n: int) -> str:
    return fill(
        """
        class Trainer:
            def __init__(self):
                self.p0 = Net()

            $properties


        trainer = Trainer()
        trainer.p$n.eval()
        trainer.p$n(x)
        """,
        n=str(n),
        properties=each(n, "@property\ndef p$j(self):\n    return self.p$i"),
    )
