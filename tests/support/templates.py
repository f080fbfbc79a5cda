"""Chat templates of the kinds that models come with, cut down to what makes each kind."""

from __future__ import annotations

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
DATED = "<|im_start|>system\nIt is {{ strftime_now('%-d %B %Y, %H:%M:%S') }}.<|im_end|>\n" + CHATML
DATE_STRING = """{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{{- bos_token }}{{- "Today Date: " + date_string + "\n\n" }}
{%- for m in messages %}
    {{- "<|im_start|>" + m['role'] + "\n" + m['content'] | trim + "<|im_end|>" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- "<|im_start|>assistant\n" }}{%- endif %}
"""
"""Of the kind of Llama 3.x: an argument that falls back to the date of today."""
SWITCHED = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n"
    "{% endif %}{% endif %}"
)
"""Of the kind of Qwen3: an answer gets an empty thought, a prompt only with the switch off."""
THINKING = SWITCHED.replace(
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n"
    "{% endif %}",
    "<think>\n",
)
"""Of the kind that always thinks: a prompt opens a thought, an answer comes after an empty one."""
CHANNELS = (
    "{{ 'Current date: ' + strftime_now('%Y-%m-%d') + '\n' }}{% for m in messages %}"
    "{% if m['role'] == 'assistant' %}<|im_start|>assistant<|channel|>final<|message|>"
    "{{ m['content'] }}{{ '<|endoftext|>' if loop.last and not add_generation_prompt "
    "else '<|im_end|>' }}"
    "{% else %}<|im_start|>{{ m['role'] }}<|message|>{{ m['content'] }}<|im_end|>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant{% endif %}"
)
"""Of the kind of gpt-oss: an answer stands in the final channel, which a prompt does not name."""
MODEL_ROLE = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for m in messages %}<|im_start|>"
    "{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n{{ m['content'] | trim }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>model\n{% endif %}"
)
"""Of the kind of Gemma: no system turn, and text without white space around it."""
GENERATION = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['role'] == 'assistant' %}"
    "{% generation %}{{ m['content'] }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ m['content'] }}<|im_end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NEWLINE = CHATML.replace("<|im_start|>assistant\n", "<|im_start|>assistant")
"""The newline after the role belongs to the answer: a model that is sampled writes it itself."""
DEFAULT_SYSTEM = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nBe brief.<|im_end|>\n{% endif %}"
    + CHATML
)
DISCONTINUOUS = CHATML.replace("<|im_start|>assistant\n", "<|im_start|>assistant\n<think>\n")
"""Of the kind of distilled R1: the answer that is learned does not follow what is sampled from."""
