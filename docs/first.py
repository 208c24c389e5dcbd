import torch
from torchvision.models import resnet18

model = resnet18(weights="DEFAULT")
for images in torch.load("images.pt"):
    print(model(images).argmax(dim=1).tolist())
