"""The replies marked REAL were written by SmolLM2-135M-Instruct."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.plan.document import Fault
from musicc.runtime.engine.faults import Role, faults_of


class Case(NamedTuple):
    text: str
    role: Role = "assistant"
    hidden: str | None = None
    earlier: tuple[str, ...] = ()
    said: str = ""
    finish: str = "stop"

    @property
    def faults(self) -> tuple[Fault, ...]:
        return faults_of(
            self.text, self.finish, role=self.role, hidden=self.hidden, earlier=self.earlier, said=self.said
        )


def user(text: str, *earlier: str) -> Case:
    return Case(text, role="user", earlier=earlier)


EMPTY = [
    Case(""),
    Case(" \n\t"),
    Case("..."),
    Case("```\n```"),
    Case('"?!"'),
    Case("- \n- "),
]
NOT_EMPTY = [Case("4"), Case("x"), Case("Да."), Case("はい"), Case("👍"), Case("½")]

TRUNCATED = [
    Case("Rain falls on the", finish="length"),
    Case("Rain falls on the", finish="content_filter"),
    Case("Rain falls on the", finish="max_tokens"),
]
NOT_TRUNCATED = [Case("Rain falls on the roof."), Case("Rain falls", finish=""), Case("Rain", finish="eos")]

ROLE_LEAK = [
    Case("The capital is Paris.\nUser: And of Spain?\nAssistant: Madrid."),
    Case("The capital is Paris.\n\nHuman: And of Spain?"),
    Case("The capital is Paris. User: And of Spain?"),
    Case("Assistant: The capital is Paris."),
    Case("**Assistant:** The capital is Paris."),
    Case("The capital is Paris.\n**User**: And of Spain?"),
    Case("Paris.\n### User:\nAnd of Spain?"),
    Case("Paris.\n\n### Instruction:\nName a river."),
    Case("Paris.\n[User]: And of Spain?"),
    Case("Paris.\nThe user's next message: And of Spain?"),
    Case("Paris.\nAI assistant: I am glad to help."),
    Case("Paris.<|im_end|>\n<|im_start|>user\nAnd of Spain?"),  # ChatML
    Case("Paris.<|eot_id|><|start_header_id|>user<|end_header_id|>"),  # Llama 3
    Case("[INST] And of Spain? [/INST] Madrid."),  # Llama 2, Mistral
    Case("<<SYS>> You are helpful. <</SYS>> Paris."),
    Case("Paris.<end_of_turn>\n<start_of_turn>user"),  # Gemma
    Case("Paris.<|end|><|user|>And of Spain?"),  # Phi
    Case("Paris.<｜end▁of▁sentence｜><｜User｜>"),  # DeepSeek
    Case("Paris.<|endoftext|>"),
    Case("<s> Paris."),
    Case("Paris.</s>"),
    Case("<think>They ask for the capital.</think>Paris."),
    Case("[TOOL_CALLS] Paris"),
    user("Sure! Here is a short poem about the sea."),
    user("Sure, here's a list of things to take."),
    user("Certainly! I can help you with that."),
    user("Here are a few tips for a better night."),
    user("As an AI language model, I do not have a favorite color."),
    user("I'm an AI, so I cannot taste it."),
    user("Hello! How can I help you today?"),
    user("I’d be happy to explain that."),
    user("The Nile is the longest river. Feel free to ask me more."),
    user("I hope this helps! What else do you need?"),
    user("You're welcome! Enjoy your trip."),
    user("That's a great question! The moon has no air."),
    user("User: What about Spain?"),
    user("What about Spain?\nAssistant: Madrid."),
    user("Follow-up question: what about Spain?"),
    user("**Modified instruction:** What about Spain?"),
    user("New message: What about Spain?"),
    user("I apologize for the confusion."),
    # REAL, asked to play the user
    user("I'm sorry, but as a helpful assistant, I can only provide information about food."),
    user("I'm here to help with any other questions you have."),
]
NO_ROLE_LEAK = [
    Case("The user can log in with a password."),
    Case("A good assistant asks first: what do you need?"),
    Case("- **User**: the person who signs in\n- **Admin**: the person who runs the system"),
    Case("The fields are as follows.\n- User: a name\n- Human: yes or no"),
    Case("Send this as the prompt:\n```\nUser: And of Spain?\nAssistant: Madrid.\n```"),
    Case("A ChatML message opens with `<|im_start|>` and closes with `<|im_end|>`."),
    Case("User: Hi!\nAssistant: Hello, how are you?", said="Write a dialogue between a user and an assistant."),
    Case("Human: Who are you?\nRobot: A friend.", said="Write a short script for a scene with a robot."),
    Case("User: Hi!\nAssistant: Hello!", hidden="Give me an example of a chat with a bot.", said="Name a river."),
    Case("Human rights: they belong to everyone."),
    Case("Assistants: there are three of them."),
    Case("Use <s>old</s> for text that is no longer right."),
    Case("In F# you write xs |> List.map f."),
    Case("The array is a[INSTANCE] here."),
    Case("Sure! Here is a short poem about the sea."),
    Case("As an AI, I do not have a favorite color. How can I help you today?"),
    Case("Instructions: mix flour and water."),
    user("What about Spain?"),
    user("Sure, but what about children under ten?"),
    user("Of course, I forgot to say that I am allergic to nuts. Can you change it?"),
    user("Here is my draft: Dear Ana, get well soon. Can you make it warmer?"),
    user("Here's the thing: I cannot swim. Is a boat trip still safe?"),
    user("Okay, let us say that I have only ten dollars. What then?"),
    user("I'm sorry, I meant the other list. Could you sort that one?"),
    user("Great, can you make it shorter?"),
    user("New question: what about Spain?"),
    user("Why does an assistant need a name?"),
    user("How can I help my son with that?"),
]

OTHER = "Write a two-line poem about the sea."
HIDDEN_LEAK = [
    Case("The modified instruction asks for a river. It is the Nile.", hidden=OTHER),
    Case("Here is an answer to the new instruction: the Nile.", hidden=OTHER),
    Case("Rather than the original question, I answer this: the Nile.", hidden=OTHER),
    Case("I will talk about rivers instead of your question.", hidden=OTHER),
    Case('{"instruction": "Name a river.", "answer": "The Nile."', hidden=OTHER),
    Case("Instruction: Name a river.\nThe Nile.", hidden=OTHER),
    Case("<answer>The Nile.", hidden=OTHER),
    Case("Write a two-line poem about the sea: the sea is blue.", hidden=OTHER, said="Name a river."),
    Case("You said: «write a two line poem, about the SEA»", hidden=OTHER, said="Name a river."),
    # REAL, with a borrowed instruction
    Case(
        'The sunset over the ocean in one sentence would be: "Describe a sunset over the ocean in one sentence."',
        hidden="Describe a sunset over the ocean in one sentence.",
        said="Why do we have leap years?",
    ),
]
NO_HIDDEN_LEAK = [
    Case("The sea is blue, the waves are high.", hidden=OTHER),
    Case("That is a good question: the Nile.", hidden=OTHER),
    Case("The answer is 42, in my opinion.", hidden=OTHER),
    Case("Follow the instructions on the box.", hidden=OTHER),
    Case("The original questionnaire was longer.", hidden=OTHER),
    Case("Name a river: the Nile.", hidden="Name a river."),
    Case("Write a two-line poem about the sea: the sea is blue.", hidden=OTHER, said=f"{OTHER} Make it rhyme."),
    Case("The modified instruction asks for a river."),
    Case('{"instruction": "Name a river."}', said="Show me a JSON object with an instruction."),
    # REAL, with borrowed instructions
    Case("The largest ocean on Earth is the Pacific Ocean.", hidden="What is the largest ocean on Earth?"),
    Case("You need to bring a tent, food, and water.", hidden="I want to go camping with Jo. What do we need?"),
]

NILE = "The Nile is the longest river of Africa, and it flows into the Mediterranean Sea."
REPEATED = [
    Case(NILE, earlier=(NILE,)),
    Case(NILE.upper().replace(",", " -"), earlier=("Hello, what can I do?", NILE)),
    Case("I like tea. " * 2 + "I like a warm cup of tea. " * 4),
    Case("1. Drink a glass of water.\n2. Drink a glass of water.\n3. Drink a glass of water.\n4. Sleep."),
    Case("Sleep well tonight my dear. Dream of the blue sea. " * 5),
    Case("so very " * 40),
    user("What about Spain?", "What about Spain?"),
    user("what about Spain", "Name a river.", "What about Spain?"),
    user(
        "And could you tell me a bit more about the river Nile?", "Could you tell me a bit more about the river Nile?"
    ),
    # REAL
    Case("I hope you have a wonderful day.\n\n" * 6 + "I hope you"),
    Case("I'm sorry, I'm sorry." + " I'm sorry for the mistake." * 10 + " I'm sorry f"),
    Case(
        "I'm Captain, and I'll be happy to help with your day on a boat. What can I do for you today?",
        earlier=("I'm Captain, and I'll be happy to help with your day on a boat. What can I do for you today?",),
        said="And what should I eat on the boat?",
    ),
    Case(
        "I play it by tapping my foot with a stick. I'm a friendly, helpful, and helpful. "
        + "I'm a friendly, helpful, and helpful. " * 3
    ),
    Case("A chicken: I'm a chicken, " + "I'm a chicken, " * 30),
    Case("In the night, a moon's secrets are revealed, " + "a moon's light, " * 20),
    Case(
        "You can make a mango-based fruit salad with mangoes, mangoes, and more mangoes.",
        earlier=("You can make a mango-based fruit salad with mangoes, mangoes, and more mangoes.",),
        said="Give me a simple recipe with my favorite fruit.",
    ),
    Case("To sleep well, you can take a nap. " + "You can try some light meals with a light snack. " * 3),
]
NOT_REPEATED = [
    Case(NILE, earlier=("The Amazon is the longest river of South America.",)),
    Case(NILE, earlier=(NILE,), said="Please say that again."),
    Case("Yes, it is.", earlier=("Yes, it is.",)),
    Case("Paris.", earlier=("Paris.",)),
    Case("Dear Tom, thank you for the plants that you gave me.", earlier=("Dear Ann, thank you for the plants that you gave me.",)),
    Case("No. No. No."),
    Case("- Milk\n- Eggs\n- Bread\n- Milk\n- Milk"),
    Case("Row the boat ashore, my friend,\nall along the stream.\n" + "\n".join(f"Verse number {n}." for n in "abcdefghijk")),
    Case("The loop prints it:\n```\n" + "print('hello to the world')\n" * 5 + "```\nThat is all."),
    Case("\n".join(f"7 times {n} is {7 * n}." for n in range(1, 11))),
    # REAL
    Case("You walk 3 miles every day.", earlier=("You walk 3 miles every day.",), said="How many miles do I walk?"),
    Case("The capital of China is Beijing.", earlier=("The capital of China is Beijing.",), hidden="Name a capital."),
    Case("The Blue Foxes!", earlier=("The Blue Foxes!",), said="Write one sentence that thanks our fans."),
    user("What is the capital of France?", "What is the capital of Spain?"),
    user("Why?", "What is the capital of Spain?"),
    user("Thanks. Which river runs through it?", "What is the capital of France?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "cases"),
    [
        ("empty", EMPTY),
        ("truncated", TRUNCATED),
        ("role_leak", ROLE_LEAK),
        ("hidden_leak", HIDDEN_LEAK),
        ("repeated", REPEATED),
    ],
)
def test_what_is_a_fault(fault: Fault, cases: list[Case]) -> None:
    missed = [(case, case.faults) for case in cases if case.faults != (fault,)]
    assert not missed


@pytest.mark.parametrize("case", [*NOT_EMPTY, *NOT_TRUNCATED, *NO_ROLE_LEAK, *NO_HIDDEN_LEAK, *NOT_REPEATED])
def test_what_is_none(case: Case) -> None:
    assert case.faults == ()


def test_several_faults_come_in_the_order_of_the_plan() -> None:
    text = "The modified instruction.\nUser: Hi!<|im_end|>"
    case = Case(text, hidden=OTHER, finish="length")
    assert case.faults == ("truncated", "role_leak", "hidden_leak")
    assert Case("<|im_end|>", finish="length").faults == ("empty", "truncated", "role_leak")


TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["User:", "\n", "<|", "|>", "im_end", "`", "```", "as an AI,", " ", "instruction", '"', ":", "tea."]
    )
).map("".join)


@given(TEXTS, TEXTS, st.sampled_from(["user", "assistant"]), st.none() | TEXTS, st.lists(TEXTS, max_size=3))
def test_any_text_is_taken(text: str, said: str, role: Role, hidden: str | None, earlier: list[str]) -> None:
    faults = faults_of(text, "stop", role=role, hidden=hidden, earlier=earlier, said=said)
    assert "truncated" not in faults
    assert len(set(faults)) == len(faults)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["User", "\n", " ", "<|a", "`", "```", "#", "*", "as an ", "<｜", "[", ". User "])
def test_long_texts_take_linear_time(piece: str) -> None:
    """A quadratic pattern would take hours here."""
    text = piece * (500_000 // len(piece))
    for role in ("user", "assistant"):
        assert "truncated" not in faults_of(text, "stop", role=role, hidden=OTHER, earlier=["x"], said=text)
