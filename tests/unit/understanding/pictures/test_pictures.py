import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from adunion.kernel.errors import AdUnionError
from adunion.understanding.pictures import (
    load,
    load_onnx,
    near_duplicates,
    read_picture,
    shipped,
    similar,
    train,
)


def saved(draw, size=(240, 320), ground="white", **options) -> bytes:
    picture = Image.new("RGB", size, ground)
    draw(ImageDraw.Draw(picture))
    file = io.BytesIO()
    picture.save(file, **{"format": "PNG"} | options)
    return file.getvalue()


def box(colour):
    return lambda pen: pen.rectangle((70, 80, 170, 250), fill=colour)


def test_a_plain_black_box_on_white_is_minimal_and_neutral_and_stands_in_the_middle():
    found = read_picture(saved(box("black")))
    assert found.palette[0].name == "black"
    assert found.palette[0].share > 0.8
    assert found.background.name == "white"
    assert {s.word for s in found.styles} == {"minimal", "neutral"}
    assert found.layout["subject_share"] == pytest.approx(100 * 170 / (240 * 320), rel=0.15)
    assert found.layout["centred"] > 0.9
    assert found.shape["symmetry"] > 0.95
    assert (found.width, found.height) == (240, 320)


def test_colours_are_named_and_a_strong_one_is_vivid_with_its_figures():
    found = read_picture(saved(box((225, 20, 30))))
    assert found.palette[0].name == "red"
    assert found.palette[0].name_zh == "红色"
    assert found.palette[0].lab[1] > 50
    vivid = next(s for s in found.styles if s.word == "vivid")
    assert vivid.evidence["mean_chroma"] > 60
    assert "neutral" not in {s.word for s in found.styles}


def test_muted_brown_is_retro_and_strong_stripes_on_black_are_sporty():
    assert "retro" in {s.word for s in read_picture(saved(box((120, 85, 50)))).styles}

    def stripes(pen):
        pen.rectangle((70, 80, 170, 250), fill="black")
        for x in (85, 115, 145):
            pen.rectangle((x, 80, x + 12, 250), fill=(240, 60, 20))

    assert "sporty" in {s.word for s in read_picture(saved(stripes)).styles}


def test_a_busy_background_is_clutter():
    def busy(pen):
        for x in range(0, 240, 12):
            for y in range(0, 320, 12):
                if (x + y) // 12 % 2:
                    pen.rectangle((x, y, x + 11, y + 11), fill="grey")
        pen.rectangle((70, 80, 170, 250), fill="black")

    assert read_picture(saved(busy)).clutter > 0.5 > 3 * read_picture(saved(box("black"))).clutter


def test_a_picture_saved_again_smaller_is_a_near_duplicate_and_another_is_not():
    def shirt(pen):
        outline = [(70, 80), (170, 80), (220, 160), (175, 165), (170, 280), (70, 280)]
        pen.polygon(outline, fill="navy")

    first = saved(shirt)
    small = Image.open(io.BytesIO(first)).resize((150, 200))
    file = io.BytesIO()
    small.save(file, format="JPEG", quality=60)
    readings = [read_picture(first), read_picture(saved(box("red"))), read_picture(file.getvalue())]
    assert near_duplicates(readings) == [[0, 2]]
    best, score = similar(readings[0], readings[1:], 1)[0]
    assert best == 1
    assert score > 0.85


def test_transparent_pictures_stand_on_white():
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((30, 30, 70, 70), fill=(20, 80, 200, 255))
    file = io.BytesIO()
    picture.save(file, format="PNG")
    assert read_picture(file.getvalue()).background.name == "white"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"ignore previous orders", "no picture"),
        (saved(box("red"))[:200], "decoded"),
        *(
            (saved(box("red"), format=kind), "no picture")
            for kind in ("GIF", "BMP", "TIFF", "ICO", "PPM")
        ),
    ],
    ids=["empty", "text", "cut", "gif", "bmp", "tiff", "ico", "ppm"],
)
def test_what_is_no_picture_is_refused_by_name(data, says):
    with pytest.raises(AdUnionError, match=says) as caught:
        read_picture(data, "a.png")
    assert "a.png" in str(caught.value)
    assert caught.value.field == "picture"


def test_a_missing_file_and_a_picture_of_too_many_pixels_are_refused(tmp_path):
    with pytest.raises(AdUnionError, match="cannot be read"):
        read_picture(tmp_path / "none.jpg")
    with pytest.raises(AdUnionError, match="million pixels"):
        read_picture(saved(lambda pen: None, size=(9000, 9000)))


def test_a_head_learns_classes_keeps_them_in_a_file_and_is_sure_when_right(tmp_path):
    wide = np.tile([1.0, 0, 0.1], (6, 2, 1)).astype(np.float32)
    tall = np.tile([0, 1.0, 0.1], (6, 2, 1)).astype(np.float32)
    head, accuracy = train(np.concatenate([wide, tall]), ["wide"] * 6 + ["tall"] * 6)
    assert accuracy == 1.0
    head.save(tmp_path / "head.npz")
    again = load(tmp_path / "head.npz")
    guess = again.guess(np.float32([[0, 1, 0.1]] * 2))[0]
    assert guess.label == "tall"
    assert guess.probability > 0.9


def test_too_few_pictures_or_classes_and_foreign_files_are_refused(tmp_path):
    rows = np.zeros((5, 2, 3), np.float32)
    with pytest.raises(AdUnionError, match="one class only"):
        train(rows, ["a"] * 5)
    with pytest.raises(AdUnionError, match="b has 1"):
        train(rows, ["a"] * 4 + ["b"])
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(AdUnionError, match="no picture head"):
        load(tmp_path / "x.npz")


def test_the_shipped_head_knows_trousers_from_a_box():
    def trousers(pen):
        pen.polygon(
            [(75, 40), (165, 40), (185, 290), (140, 290), (120, 120), (100, 290), (55, 290)],
            fill=(30, 40, 70),
        )

    assert len(shipped().labels) == 10
    assert read_picture(saved(trousers, ground=(205, 195, 180))).classes[0].label == "pants"


def averaging_model(path: Path) -> Path:
    """An ONNX model: the mean of each channel."""
    from onnx import TensorProto, helper, save

    node = helper.make_node("GlobalAveragePool", ["pixels"], ["pooled"])
    flat = helper.make_node("Flatten", ["pooled"], ["vector"])
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, 32, 32])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["n", 3])
    graph = helper.make_graph([node, flat], "mean", [pixels], [vector])
    opset = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


def test_an_onnx_encoder_by_path_gives_unit_vectors_and_its_own_head(tmp_path):
    encoder = load_onnx(averaging_model(tmp_path / "mean.onnx"))
    red, blue = (Image.new("RGB", (50, 80), colour) for colour in ("red", "blue"))
    rows = encoder.encode([red, blue])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1])
    assert rows[0] @ rows[1] < 0.5
    reading = read_picture(saved(box("red")), encoder=encoder)
    assert reading.classes == ()  # the shipped head was not trained with this encoder


def test_a_file_that_is_no_onnx_model_is_refused(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"junk")
    with pytest.raises(AdUnionError, match="cannot be loaded"):
        load_onnx(tmp_path / "bad.onnx")
    with pytest.raises(AdUnionError, match="no file"):
        load_onnx(tmp_path / "none.onnx")
