"""Programs of several files."""

from __future__ import annotations

from growth_families.classes import zoo
from growth_families.writing import HEAD, JUDGED, Files, each, family, fill, used


@family("a chain of files", 15)
def file_chain(n: int) -> Files:
    files = {
        f"part{number}.py": fill(
            """
            from part$j import f$j


            def f$i(net):
                net.train()
                return f$j(net)
            """,
            i=str(number),
            j=str(number + 1),
        )
        for number in range(n)
    }
    files[f"part{n}.py"] = f"def f{n}(net):\n    net.eval()\n    return net\n"
    judged = "from part0 import f0\n\nnet = f0(Net())\nnet(x).sum().backward()\n"
    return files | {JUDGED: HEAD + judged}


@family("files to import from", 10)
def imported_files(n: int) -> Files:
    files = {
        f"part{number}.py": HEAD + f"def f{number}(net):\n    net.eval()\n    return net(x)\n"
        for number in range(n)
    }
    judged = each(n, "from part$i import f$i") + "\nnet = Net()\n" + each(n, "f$i(net)\nnet(x)")
    return files | {JUDGED: HEAD + judged}


@family("files that call the file", 10)
def calling_files(n: int) -> Files:
    files = {
        f"caller{number}.py": HEAD
        + fill(
            """
            from judged import step

            net = Net()
            net.$switch()
            step(net, x)
            """,
            switch="eval" if number % 2 else "train",
        )
        for number in range(n)
    }
    judged = "def step(net, x):\n    return net(x).argmax().item()\n"
    return files | {JUDGED: HEAD + judged}


@family("a file of classes of which one is used", 100)
def large_zoo(n: int) -> Files:
    judged = "from zoo import Net0\n" + used("Net0()")
    return {"zoo.py": HEAD + zoo(n), JUDGED: HEAD + judged}
