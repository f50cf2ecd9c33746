"""L_AD, the attention distillation of "Learning without Memorizing" (Dhar et al., CVPR 2019, arXiv 1811.08051).

    features, logits = student(x)       # features: (B, K, H, W), what global average pooling sees; logits: (B, C)
    with torch.no_grad():
        old_features, old_logits = teacher(x)                                           # old_logits: (B, C_b)
    b = top_base_class(logits, old_logits.shape[1])
    old_maps = grad_cam_closed_form(old_features, teacher.head.weight, b)
    maps = grad_cam_closed_form(features, student.head.weight, b)
    loss = loss + gamma * attention_distillation(old_maps, maps)

The student's maps must stay part of the graph: made under `no_grad` or detached, they give L_AD no gradient.
"""

import torch


def top_base_class(student_logits, base_classes):
    """b: for each image the base class that the student scores highest. (B, C) -> (B)"""
    return student_logits.detach()[:, :base_classes].argmax(dim=1)


def grad_cam_closed_form(features, weight, classes):
    """Grad-CAM maps of a network that ends with global average pooling and a linear layer.

    There dy^c/dA_k = W[c, k] / (H * W) everywhere, so no backward pass is needed.
    features: (B, K, H, W). weight: (C, K), as in nn.Linear. classes: (B). Returns (B, H * W), not below 0.
    """
    alpha = weight[classes] / features[0, 0].numel()  # (B, K)
    return torch.einsum("bk,bkhw->bhw", alpha, features).relu().flatten(1)


def grad_cam(features, logits, classes, create_graph=True):
    """Grad-CAM maps of a network with any other head, by automatic differentiation.

    features: (B, K, H, W), part of the graph of logits. logits: (B, C). classes: (B). Returns (B, H * W).
    Layers behind the features must treat each image by itself: batch statistics would mix the images.
    create_graph: True for the student, so that L_AD has a gradient; False for the teacher, whose maps to detach.
    """
    scores = logits.gather(1, classes[:, None]).sum()  # of each image the score of its own class
    (gradients,) = torch.autograd.grad(scores, features, create_graph=create_graph, retain_graph=True)
    alpha = gradients.mean(dim=(2, 3), keepdim=True)  # (B, K, 1, 1)
    return (alpha * features).sum(dim=1).relu().flatten(1)


def attention_distillation(teacher_maps, student_maps):
    """L_AD, equation (2): the L1 distance of the normalized maps, the mean over the batch.

    Both (B, H * W). No gradient flows into the teacher's maps, nor into a map that is zero everywhere.
    """
    return (_normalize(teacher_maps.detach()) - _normalize(student_maps)).abs().sum(dim=1).mean()


def _normalize(maps):
    """Each map divided by its 2-norm. A map without a direction stays zero, with gradient zero and not NaN."""
    length = torch.linalg.vector_norm(maps, dim=1, keepdim=True)
    shortest = 1e-12 if maps.dtype in (torch.float32, torch.float64) else 1e-6
    inverse = torch.where(length > shortest, 1 / length.clamp_min(shortest), 0)
    return maps * inverse
