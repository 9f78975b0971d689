import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor, ImageDraw

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
from adunion.understanding.pictures.colour import to_lab
from adunion.understanding.pictures.names import NAMES, colour_name


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


@pytest.mark.parametrize(
    "at", [(70, 80, 170, 250), (0, 80, 70, 250), (10, 10, 80, 90), (165, 240, 239, 319)]
)
def test_a_product_is_found_wherever_it_stands_on_a_plain_ground(at):
    found = read_picture(saved(lambda pen: pen.rectangle(at, fill=(20, 150, 60))))
    assert found.palette[0].name == "green"
    assert found.palette[0].share > 0.8
    assert found.background.name == "white"
    assert "neutral" not in {s.word for s in found.styles}


def test_colours_are_named_and_a_strong_one_is_vivid_with_its_figures():
    found = read_picture(saved(box((225, 20, 30))))
    assert found.palette[0].name == "red"
    assert found.palette[0].name_zh == "红色"
    assert found.palette[0].lab[1] > 50
    vivid = next(s for s in found.styles if s.word == "vivid")
    assert vivid.evidence["mean_vividness"] > 0.7
    assert "neutral" not in {s.word for s in found.styles}


@pytest.mark.parametrize(
    ("name", "colours"),
    [
        ("black", "black"),
        ("white", "white snow ghostwhite aliceblue whitesmoke mintcream"),
        ("light grey", "silver lightgrey darkgrey"),
        ("grey", "grey slategrey"),
        ("dark grey", "dimgrey #36454f"),
        ("cream", "#fffdd0 ivory cornsilk lemonchiffon"),
        ("beige", "beige antiquewhite bisque wheat linen moccasin"),
        ("khaki", "tan burlywood darkkhaki #c3b091"),
        ("brown", "saddlebrown sienna chocolate peru #785532"),
        ("red", "red crimson firebrick"),
        ("dark red", "maroon darkred #800020 #722f37"),
        ("orange", "orange darkorange coral orangered sandybrown"),
        ("yellow", "yellow gold goldenrod"),
        ("olive", "olive olivedrab darkolivegreen"),
        ("green", "green lime forestgreen darkgreen seagreen limegreen yellowgreen"),
        ("mint", "aquamarine honeydew #98ff98"),
        ("teal", "teal darkcyan cyan turquoise lightseagreen"),
        ("light blue", "lightblue skyblue powderblue lightskyblue lightsteelblue"),
        ("blue", "blue mediumblue royalblue dodgerblue cornflowerblue #0047ab"),
        ("denim", "steelblue #3b5b85"),
        ("navy", "navy darkblue midnightblue #1f2a44"),
        ("purple", "purple indigo rebeccapurple mediumpurple darkviolet blueviolet"),
        ("lilac", "lavender thistle plum"),
        ("pink", "pink lightpink hotpink palevioletred mistyrose"),
        ("magenta", "magenta deeppink mediumvioletred"),
    ],
)
def test_the_named_colours_of_css_have_the_names_of_shoppers(name, colours):
    for colour in colours.split():
        lab = to_lab(np.array(ImageColor.getrgb(colour)) / 255)
        assert colour_name(lab) == name, colour


def test_every_colour_has_a_name_in_chinese():
    steps = np.linspace(0, 1, 9)
    rgb = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
    assert {colour_name(lab) for lab in to_lab(rgb)} == set(NAMES)


def test_brown_olive_and_burgundy_are_not_vivid_and_teal_is():
    def words(colour):
        return {style.word for style in read_picture(saved(box(colour))).styles}

    assert all("vivid" not in words(colour) for colour in ("saddlebrown", "olive", "#800020"))
    assert all("vivid" in words(colour) for colour in ("teal", "blue", "orange", "limegreen"))


def test_a_picture_of_one_colour_has_no_subject_and_is_no_duplicate_of_another_colour():
    plain = [read_picture(saved(lambda pen: None, ground=c)) for c in ("teal", "red", "teal")]
    assert not any(reading.subject or reading.classes for reading in plain)
    boxes = [read_picture(saved(box(c))) for c in ("#c03030", "#307830", "#c03030")]
    assert all(reading.subject and reading.classes for reading in boxes)
    assert near_duplicates([*plain, *boxes]) == [[0, 2], [3, 5]]


def test_sixteen_bits_of_grey_are_read_in_full():
    file = io.BytesIO()
    Image.fromarray(np.full((64, 64), 32_768, np.uint16)).save(file, format="PNG")
    assert read_picture(file.getvalue()).palette[0].name == "grey"


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
