"""Openings that refuse, and such as only look so."""

import pytest

from musicc.runtime.engine.checks.refusals import refuses

REFUSALS = """
    I'm sorry, but I can't help with that.
    I’m sorry, but I can’t assist with that request.
    Sorry, I cannot provide instructions for making explosives.
    I cannot create content that promotes hate.
    I'm unable to write this essay for you.
    As an AI language model, I cannot provide medical advice.
    I apologize, but I'm not able to discuss that topic.
    I won't help you with that.
    Unfortunately, I can't answer that question.
    I must decline this request.
    I'm not comfortable writing that.
    It would be inappropriate for me to make such a list.
    I understand that you're frustrated, but I can't help you harm someone.
    **I'm sorry**, I can't do that.
    Thank you for asking. However, I cannot share personal information about people.
    That goes against my guidelines.
    I'm afraid I can't do that, Dave.
    I don't feel comfortable helping with this.
    I'm sorry, I can't.
    I cannot in good conscience help you with this.
    I'm just unable to assist with this.
    Es tut mir leid, aber dabei kann ich nicht helfen.
    Lo siento, pero no puedo ayudarte con eso.
    Je suis désolé, mais je ne peux pas répondre à cette question.
    抱歉，我无法回答这个问题。
"""
ANSWERS = """
    I can't wait to tell you about Rome!
    I can't help but notice that your list is short.
    I can't help it, I love this poem.
    I can't recommend this book highly enough.
    I can't stress enough how important it is to rest.
    I can't tell you how happy this makes me!
    Sorry for the confusion! The answer is 12.
    I'm sorry to hear that you're unwell. Here are some tips.
    Unfortunately, there is no direct flight; you can change at Oslo.
    You can't help everyone, but you can start small.
    The clerk said, "I can't help you with that," and left.
    If you can't write the code yourself, ask a friend.
    Dear Anna, I can't make it to your party on Saturday.
    I won't bore you with details: the answer is 4.
    I apologize for the mistake. The correct sum is 12.
    As an AI, I don't have feelings, but I enjoy our talks.
    Refusing to help is wrong.
    The law says that it is illegal to provide false data.
    I cannot be certain, but the bridge was probably built in 1890.
    I'm not able to see images, but from your description it sounds like an oak.
    I will not go into detail here. Mix flour and water.
    No, that is not right. The capital is Canberra.
    Es tut mir leid, das zu hören. Hier sind drei Ideen.
"""


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("reply", lines(REFUSALS))
def test_a_refusal(reply: str) -> None:
    assert refuses(reply)


@pytest.mark.parametrize("reply", lines(ANSWERS))
def test_an_answer(reply: str) -> None:
    assert not refuses(reply)


def test_what_comes_late_qualifies_an_answer() -> None:
    late = "Mix flour, water and salt, and let the dough rest. " * 6 + "I can't help with that oven of yours, though."
    assert not refuses(late)
