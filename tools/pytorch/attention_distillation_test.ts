import assert from "node:assert/strict";
import { pythonWithTorch } from "../bench/bench.ts";

const python = await pythonWithTorch();

const SCRIPT = `
import json, torch
from attention_distillation import attention_distillation, grad_cam, grad_cam_closed_form, top_base_class

losses, cams = (json.load(open(f"../../lib/{room}/testdata/golden.json")) for room in ("losses", "attention"))
tensor = lambda values, **options: torch.tensor(values, dtype=torch.float64, **options)
close = lambda found, expected: torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)

# NHWC, as tfjs has it, to NCHW, and (K, C) to (C, K).
def stage(of):
    golden = losses["attention"][of]
    features, weight, bias = (tensor(golden[name]) for name in ("features", "weights", "bias"))
    return features.permute(0, 3, 1, 2).contiguous().requires_grad_(), weight.t().contiguous().requires_grad_(), bias

(old_A, old_W, _), (A, W, bias) = stage("teacher"), stage("student")
logits = A.mean((2, 3)) @ W.t() + bias
b = top_base_class(logits, losses["attention"]["baseClasses"])
assert b.tolist() == losses["attention"]["topBaseClass"]
assert top_base_class(tensor([[1, 3, 9], [4, 2, 9]]), 2).tolist() == [1, 0]

golden = losses["attentionDistillationL1"]
old_maps = grad_cam_closed_form(old_A, old_W, b)
for maps in (grad_cam_closed_form(A, W, b), grad_cam(A, logits, b)):
    loss = attention_distillation(old_maps, maps)
    close(loss, tensor(golden["mean"]))
    for i, expected in enumerate(golden["perImage"]):
        close(attention_distillation(old_maps[i:i + 1], maps[i:i + 1]), tensor(expected))
    to_features, to_weight, *to_teacher = torch.autograd.grad(
        loss, [A, W, old_A, old_W], retain_graph=True, allow_unused=True)
    close(to_features.permute(0, 2, 3, 1), tensor(golden["gradStudentFeatures"]))
    close(to_weight.t(), tensor(golden["gradStudentWeights"]))
    assert to_teacher == [None, None]

golden = cams["gradCamMlp"]
A = tensor(golden["features"]).permute(0, 3, 1, 2).contiguous().requires_grad_()
hidden = (A.permute(0, 2, 3, 1).flatten(1) @ tensor(golden["weights1"])).relu()
classes = torch.tensor(golden["classIndex"])
maps = grad_cam(A, hidden @ tensor(golden["weights2"]), classes, create_graph=False)
close(maps, tensor(golden["map"]).flatten(1))
golden = cams["gradCamGap"]
maps = grad_cam_closed_form(tensor(golden["features"]).permute(0, 3, 1, 2), tensor(golden["weights"]).t(), torch.tensor(golden["classIndex"]))
close(maps, tensor(golden["map"]).flatten(1))

for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
    raw = torch.tensor([[-1.0, -2.0], [-1.0, 3.0]], dtype=dtype, requires_grad=True)
    loss = attention_distillation(torch.tensor([[3.0, 4.0], [0.0, 0.0]], dtype=dtype), raw.relu())
    loss.backward()
    torch.testing.assert_close(loss, torch.tensor(1.2, dtype=dtype))  # (7 / 5 + 1) / 2: a zero map has length zero
    assert raw.grad[0].tolist() == [0, 0] and raw.grad.abs().max() < 0.01, raw.grad
print("ok")`;

Deno.test({
  name: "L_AD for PyTorch has the golden values and gradients, by both forms of Grad-CAM",
  ignore: python === undefined,
  fn: async () => {
    const { stdout, stderr } = await new Deno.Command(python!, {
      args: ["-B", "-c", SCRIPT],
      cwd: import.meta.dirname,
    }).output();
    const [said, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(said.trim(), "ok", errors);
  },
});
