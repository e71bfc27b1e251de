"""A decoder written from its formulas, in float64: what the float32 references are checked against.

transformers computes norms, rotary angles and softmax in float32 whatever the model's type, so `model.double()` would not
show the error of float32. `weights` maps Hugging Face names to float64 tensors; `adapter` maps a linear layer's name to
`(A, B, scale)`.
"""
import math

import torch
import torch.nn.functional as F


class Twin:
    def __init__(self, configuration, weights, adapter=None):
        self.c, self.weights, self.adapter = configuration, weights, adapter or {}
        self.head = getattr(configuration, "head_dim", None) or configuration.hidden_size // configuration.num_attention_heads

    def linear(self, name, x):
        y = F.linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))
        if name in self.adapter:
            a, b, scale = self.adapter[name]
            y = y + scale * F.linear(F.linear(x, a), b)
        return y

    def norm(self, name, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.c.rms_norm_eps) * self.weights[name + ".weight"]

    def frequencies(self):
        """Rotary frequencies and, for `llama3`, which of its three branches each takes: kept, blended, divided."""
        rope = self.c.rope_parameters
        plain = [rope["rope_theta"] ** (-2 * i / self.head) for i in range(self.head // 2)]
        if rope["rope_type"] == "default":
            return plain, []
        assert rope["rope_type"] == "llama3"
        low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
        scaled, branches = [], []
        for frequency in plain:
            turns = rope["original_max_position_embeddings"] * frequency / (2 * math.pi)
            if turns > high:
                scaled.append(frequency), branches.append("kept")
            elif turns < low:
                scaled.append(frequency / factor), branches.append("divided")
            else:
                blend = (turns - low) / (high - low)
                scaled.append((1 - blend) * frequency / factor + blend * frequency), branches.append("blended")
        return scaled, branches

    def rotate(self, x):
        angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * torch.tensor(self.frequencies()[0], dtype=torch.float64)
        cos, sin = angles.cos(), angles.sin()
        first, second = x.chunk(2, -1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)

    def attention(self, prefix, x):
        heads, shared = self.c.num_attention_heads, self.c.num_key_value_heads
        split = lambda name, n: self.linear(prefix + name, x).view(len(x), n, self.head).transpose(0, 1)
        q, k, v = split("q_proj", heads), split("k_proj", shared), split("v_proj", shared)
        if prefix + "q_norm.weight" in self.weights:
            q, k = self.norm(prefix + "q_norm", q), self.norm(prefix + "k_norm", k)
        q, k = self.rotate(q), self.rotate(k).repeat_interleave(heads // shared, 0)
        scores = q @ k.transpose(1, 2) / math.sqrt(self.head)
        distance = torch.arange(len(x))[:, None] - torch.arange(len(x))
        window = getattr(self.c, "sliding_window", None) or len(x)
        scores = scores.masked_fill((distance < 0) | (distance >= window), -math.inf)
        mixed = scores.softmax(-1) @ v.repeat_interleave(heads // shared, 0)
        return self.linear(prefix + "o_proj", mixed.transpose(0, 1).reshape(len(x), -1))

    def logits(self, ids):
        x = self.weights["model.embed_tokens.weight"][torch.tensor(ids)]
        for layer in range(self.c.num_hidden_layers):
            prefix = f"model.layers.{layer}."
            x = x + self.attention(prefix + "self_attn.", self.norm(prefix + "input_layernorm", x))
            h, mlp = self.norm(prefix + "post_attention_layernorm", x), prefix + "mlp."
            x = x + self.linear(mlp + "down_proj", F.silu(self.linear(mlp + "gate_proj", h)) * self.linear(mlp + "up_proj", h))
        head = "model.embed_tokens" if self.c.tie_word_embeddings else "lm_head"
        return F.linear(self.norm("model.norm", x), self.weights[head + ".weight"])
