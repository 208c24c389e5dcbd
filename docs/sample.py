"""A training script with three of the mistakes that flake8-bn-eval finds."""

import torch
from torch import nn


def build_model():
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))


def validate(model, loader):
    correct = 0
    for inputs, targets in loader:
        outputs = model(inputs)
        correct += (outputs.argmax(dim=1) == targets).sum().item()
    return correct / len(loader.dataset)


def main(train_loader, val_loader, epochs=10):
    model = build_model()
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(epochs):
        model.train()
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
        print(epoch, validate(model, val_loader))
    model.eval
    torch.save(model.state_dict(), "model.pt")
