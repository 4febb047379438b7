"""TRL's side of `benchmarks.training`; run by a Python that has TRL, with the setting as its argument."""

import json
import resource
import sys
from pathlib import Path


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    setting = json.loads(sys.argv[1])
    import torch

    torch.set_num_threads(setting["threads"])
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import RewardConfig, RewardTrainer

    train, held = (
        Dataset.from_list([json.loads(line) for line in Path(setting[name]).read_text().splitlines()])
        for name in ("train", "held")
    )
    arguments = RewardConfig(
        output_dir=setting["work"],
        per_device_train_batch_size=setting["batch"],
        per_device_eval_batch_size=setting["batch"],
        max_steps=setting["steps"],
        learning_rate=setting["lr"],
        lr_scheduler_type="constant",
        max_length=setting["max_length"],
        seed=setting["seed"],
        bf16=setting["precision"] == "bf16",
        model_init_kwargs={"dtype": "float32"},
        gradient_checkpointing=False,
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
    )
    trainer = RewardTrainer(
        model=setting["base"],
        args=arguments,
        train_dataset=train,
        eval_dataset=held,
        processing_class=AutoTokenizer.from_pretrained(setting["base"]),
    )
    before = cpu()
    trainer.train()
    spent = cpu() - before
    loss = trainer.evaluate()["eval_loss"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pairs = setting["steps"] * setting["batch"]
    print(json.dumps({"pairs_per_cpu_second": pairs / spent, "held_out_loss": loss, "peak_mb": peak}))


if __name__ == "__main__":
    main()
