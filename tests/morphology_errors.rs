//! What a user reads when a morphology is refused: the whole text, as rendered.

#![allow(clippy::unwrap_used, reason = "a failure must end the test")]

use apical::ErrorKind;
use apical::morphology::swc::{self, RootPolicy, SomataPolicy, SwcOptions};
use apical::morphology::{Morphology, Point, Section};

/// Each text with the error it gives, from the first line to the last.
const REFUSED: &[(&str, &str)] = &[
    (
        "# id type x y z r parent\n1 1 0 0 0 5 -1\n2 3 0 10 0.5 1\n",
        "\
error: a sample has seven columns; this line has 6
  --> SWC text:3:1
  |
3 | 2 3 0 10 0.5 1
  | ^^^^^^^^^^^^^^ expected id type x y z radius parent",
    ),
    (
        "1 1 0 0 0 5 -1\n2 3 0 1O 0 0.5 1\n",
        "\
error: `1O` is not a number
  --> SWC text:2:7
  |
2 | 2 3 0 1O 0 0.5 1
  |       ^^ expected the y, a finite number in µm",
    ),
    (
        "1, 1, 0, 0, 0, 5, -1\n",
        "\
error: `1,` is not a number
  --> SWC text:1:1
  |
1 | 1, 1, 0, 0, 0, 5, -1
  | ^^ expected the id, a finite number
  |
  = help: columns are separated by blanks",
    ),
    (
        "1 1 0 0 0 5 -1\n1.5 3 0 10 0 0.5 1\n",
        "\
error: the id is 1.5
  --> SWC text:2:1
  |
2 | 1.5 3 0 10 0 0.5 1
  | ^^^ expected a whole number",
    ),
    (
        "-4 1 0 0 0 5 -1\n",
        "\
error: sample has id -4
  --> SWC text:1:1
  |
1 | -4 1 0 0 0 5 -1
  | ^^ expected an id from 0 on",
    ),
    (
        "1 1e12 0 0 0 5 -1\n",
        "\
error: type 1000000000000 is out of range
  --> SWC text:1:3
  |
1 | 1 1e12 0 0 0 5 -1
  |   ^^^^ expected a small number",
    ),
    (
        "1 1 0 0 inf 5 -1\n",
        "\
error: the z is inf
  --> SWC text:1:9
  |
1 | 1 1 0 0 inf 5 -1
  |         ^^^ expected the z, a finite number in µm",
    ),
    (
        "1 1 0 0 0 NaN -1\n",
        "\
error: the radius is NaN
  --> SWC text:1:11
  |
1 | 1 1 0 0 0 NaN -1
  |           ^^^ expected the radius, a finite number in µm",
    ),
    (
        "1 1 0 0 0 5 -1\n2 3 0 9 1e300 0.5 1\n",
        "\
error: the z is 1e300 µm
  --> SWC text:2:9
  |
2 | 2 3 0 9 1e300 0.5 1
  |         ^^^^^ no cell is as large as that",
    ),
    (
        "1 1 369634 271160 259503 1533 -1\n2 3 365692 266973 253216 132 1\n3 3 302788 271669 204408 168 2\n\
         4 3 302753 271668 204175 155 3\n5 3 302810 271651 204640 155 4\n6 3 302800 271600 205000 150 5\n",
        "\
error: half of the samples of neurites have radii of 155 µm and more
  --> SWC text:2:26
  |
2 | 2 3 365692 266973 253216 132 1
  |                          ^^^ are these micrometres?
  |
  = help: `scale` tells how many micrometres one unit of the file is: 0.001 for nanometres, 1 to read it as it is",
    ),
    (
        "1 1 0 0 0 5 -1\n2 3 0 9 0 -0.5 1 # a sign too many\n",
        "\
error: the radius of sample 2 is -0.5
  --> SWC text:2:11
  |
2 | 2 3 0 9 0 -0.5 1 # a sign too many
  |           ^^^^ expected a positive radius in µm",
    ),
    (
        "1 1 0 0 0 5 -1\r\n2 3 0 9 0 0 1\r\n",
        "\
error: the radius of sample 2 is 0
  --> SWC text:2:11
  |
2 | 2 3 0 9 0 0 1
  |           ^ expected a positive radius in µm
  |
  = help: a neurite without a radius conducts nothing; `smallest_radius` reads the file with a radius of your choice there",
    ),
    (
        "1 1 0 0 0 5 -1\n2 3 0 9 0 1 -3\n",
        "\
error: sample 2 names -3 as its parent
  --> SWC text:2:13
  |
2 | 2 3 0 9 0 1 -3
  |             ^^ expected the id of a sample, or -1 for the root",
    ),
    (
        "1 1 0 0 0 5 -1\n2 3 0 9 0 1 1\n\n2 3 0 19 0 1 1\n",
        "\
error: sample 2 is given twice
  --> SWC text:4:1
  |
4 | 2 3 0 19 0 1 1
  | ^^^^^^^^^^^^^^ first given in line 2",
    ),
    (
        "1 1 0 0 0 5 -1\n2 3 0 9 0 1 2\n",
        "\
error: sample 2 is its own parent
  --> SWC text:2:13
  |
2 | 2 3 0 9 0 1 2
  |             ^ expected the id of another sample, or -1 for the root",
    ),
    (
        "1 1 0 0 0 5 0\n",
        "\
error: the parent of sample 1 does not exist
  --> SWC text:1:13
  |
1 | 1 1 0 0 0 5 0
  |             ^ no sample has the id 0
  |
  = help: the parent of a root is -1",
    ),
    (
        "1 1 0 0 0 5 -1\n9 3 0 9 0 1 8\n7 3 0 9 0 1 6\n8 3 0 9 0 1 7\n6 3 0 9 0 1 8\n",
        "\
error: sample 7 is its own ancestor
  --> SWC text:3:13
  |
3 | 7 3 0 9 0 1 6
  |             ^ from child to parent: 7, 6, 8, 7",
    ),
    (
        "2 3 0 9 0 1 3\n3 3 0 9 0 1 2\n",
        "\
error: sample 2 is its own ancestor
  --> SWC text:1:13
  |
1 | 2 3 0 9 0 1 3
  |             ^ from child to parent: 2, 3, 2",
    ),
    (
        "5 3 0 0 0 1 -1\n6 3 0 9 0 1 5\n1 1 90 0 0 5 -1\n",
        "\
error: sample 1 is a second root
  --> SWC text:3:14
  |
3 | 1 1 90 0 0 5 -1
  |              ^^ the first root is sample 5 in line 1
  |
  = help: a cell is one tree; `roots = \"keep\"` reads every tree by itself, `roots = \"join-soma\"` joins them to the soma",
    ),
    (
        "1 1 0 0 0 5 -1\n2 3 0 9 0 1 1\n3 1 0 19 0 5 2\n",
        "\
error: sample 3 begins a second soma
  --> SWC text:3:1
  |
3 | 3 1 0 19 0 5 2
  | ^^^^^^^^^^^^^^ the first soma begins with sample 1 in line 1
  |
  = help: the samples of a soma (type 1) hang together; `somata = \"keep\"` reads each group as a soma of its own",
    ),
    (
        "1 3 4 5 6 1 -1\n2 3 4 5 6 1 1\n",
        "\
error: the root section from sample 1 has no length
  --> SWC text:1:1
  |
1 | 1 3 4 5 6 1 -1
  | ^^^^^^^^^^^^^^ all its samples lie in one place",
    ),
    (
        "# nothing but a comment\n\n",
        "\
error: there is no sample in this file
 = in SWC text
 = help: a sample is id type x y z radius parent",
    ),
];

#[test]
fn refused_texts_show_the_place_and_what_was_expected() {
    for (text, expected) in REFUSED {
        let error = swc::read(text, &SwcOptions::default()).unwrap_err();
        let rendered = error.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(rendered, *expected, "\n{rendered}\n");
        assert_eq!(error.kind(), ErrorKind::Morphology);
    }
}

#[test]
fn a_line_in_the_middle_is_never_dropped() {
    let good = "1 1 0 0 0 5 -1\n2 3 0 10 0 0.5 1\n3 3 0 20 0 0.5 2\n";
    let bad = good.replace("2 3 0 10", "2 3 0 10 #");
    assert_eq!(swc::read(good, &SwcOptions::default()).unwrap().sections.len(), 2);
    assert_eq!(swc::read(&bad, &SwcOptions::default()).unwrap_err().line(), Some(2));
}

#[test]
fn lines_may_end_in_any_way() {
    let text = "\u{feff}# comment\n1 1 0 0 0 5 -1\n2 3 0 10 0 0.5 1\n3 3 0 20 0 0.5 2";
    let expected = swc::read(text, &SwcOptions::default()).unwrap();
    for end in ["\r\n", "\r"] {
        let cell = swc::read(&text.replace('\n', end), &SwcOptions::default()).unwrap();
        assert_eq!(cell.sections, expected.sections);
        let bad = text.replace("20", "x").replace('\n', end);
        let error = swc::read(&bad, &SwcOptions::default()).unwrap_err();
        assert_eq!((error.line(), error.column()), (Some(4), Some(7)), "{end:?}");
    }
}

#[test]
fn policies_without_sense_or_use_are_refused() {
    let text = "1 3 0 0 0 1 -1\n2 3 0 9 0 1 1\n3 3 0 5 0 1 -1\n4 3 0 8 0 1 3\n";
    let join = SwcOptions { roots: RootPolicy::JoinSoma, ..SwcOptions::default() };
    let error = swc::read(text, &join).unwrap_err();
    assert_eq!(error.message(), "sample 3 is a second root, and there is no soma to join it to");
    assert_eq!(error.line(), Some(3));
    let keep = SwcOptions { roots: RootPolicy::Keep, ..SwcOptions::default() };
    assert_eq!(swc::read(text, &keep).unwrap().sections.iter().filter(|s| s.attachment.is_none()).count(), 2);
    for least in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let raise = SwcOptions { smallest_radius: Some(least), ..SwcOptions::default() };
        assert_eq!(swc::read("1 1 0 0 0 5 -1\n", &raise).unwrap_err().kind(), ErrorKind::Parameter);
        let scaled = SwcOptions { scale: Some(least), ..SwcOptions::default() };
        assert_eq!(swc::read("1 1 0 0 0 5 -1\n", &scaled).unwrap_err().kind(), ErrorKind::Parameter);
    }
}

#[test]
fn two_somata_are_read_when_asked_for() {
    let options = SwcOptions { roots: RootPolicy::Keep, somata: SomataPolicy::Keep, ..SwcOptions::default() };
    let text =
        "1 1 0 0 0 5 -1\n2 3 0 9 0 1 1\n3 3 0 19 0 1 2\n4 1 50 0 0 4 -1\n5 3 50 9 0 1 4\n6 3 50 19 0 1 5\n";
    let cells = swc::read(text, &options).unwrap();
    let names: Vec<&str> = cells.sections.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["soma[0]", "dend[0]", "soma[1]", "dend[1]"]);
    let joined: Vec<_> =
        cells.sections.iter().map(|s| s.attachment.map(|at| (at.parent, at.parent_x))).collect();
    assert_eq!(joined, [None, Some((0, 0.5)), None, Some((2, 0.5))]);
    let joined = SwcOptions { roots: RootPolicy::JoinSoma, ..options };
    let cell = swc::read(text, &joined).unwrap();
    assert_eq!(cell.sections[2].attachment.map(|at| (at.parent, at.parent_x)), Some((0, 0.5)));
}

#[test]
fn files_of_another_kind_or_encoding_are_refused() {
    let error = Morphology::load("cell.asc").unwrap_err();
    assert_eq!(
        error.to_string(),
        "error: morphologies of the kind `.asc` cannot be read\n  = in cell.asc\n  = help: readable: `.swc`"
    );
    assert_eq!(Morphology::load("no-such-file.swc").unwrap_err().kind(), ErrorKind::Io);

    let path = std::env::temp_dir().join(format!("apical-latin1-{}.SWC", std::process::id()));
    std::fs::write(&path, b"# \xb5m\n1 1 0 0 0 5 -1\n").unwrap();
    let error = Morphology::load(&path).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(error.message(), "the file is not UTF-8 text");
    assert_eq!((error.line(), error.column()), (Some(1), Some(3)));
}

#[test]
fn sections_that_make_no_cell_are_refused() {
    let cylinder = |name: &str| Section::cylinder(name, 3, 10.0, 1.0);
    let point = |x: f64, diameter: f64| Point::new(x, 0.0, 0.0, diameter);
    let nan = f64::NAN;
    let cases: Vec<(Vec<Section>, &str)> = vec![
        (vec![], "a morphology needs at least one section"),
        (vec![cylinder("a"), cylinder("a")], "section `a` appears twice; names must be unique"),
        (
            vec![cylinder("a").joined(1, 0.5), cylinder("b")],
            "section `a` is section 0 and names section 1 as its parent; parents come before children",
        ),
        (
            vec![cylinder("a"), cylinder("b").joined(0, 1.5)],
            "section `b` joins its parent at 1.5; that place must be from 0 to 1",
        ),
        (
            vec![cylinder("a"), cylinder("b").joined(0, nan)],
            "section `b` joins its parent at NaN; that place must be from 0 to 1",
        ),
        (
            vec![Section::cylinder("a", 3, 10.0, 0.0)],
            "section `a` has a diameter of 0 µm; it must be a positive number",
        ),
        (
            vec![Section::cylinder("a", 3, nan, 1.0)],
            "section `a` has a length of NaN µm; it must be a positive number",
        ),
        (
            vec![Section::points("a", 3, vec![point(0.0, 1.0)])],
            "section `a` has 1 point(s); it needs at least two",
        ),
        (
            vec![Section::points("a", 3, vec![point(0.0, 1.0), point(9.0, -1.0)])],
            "section `a` has a diameter at point 1 of -1 µm; it must be a positive number",
        ),
        (
            vec![Section::points("a", 3, vec![point(0.0, 1.0), point(nan, 1.0)])],
            "section `a` has a coordinate x of NaN at point 1; it must be finite",
        ),
        (
            vec![Section::points("a", 3, vec![point(4.0, 1.0), point(4.0, 2.0)])],
            "section `a` has a length of 0 µm; it must be a positive number",
        ),
    ];
    for (sections, message) in cases {
        let error = Morphology::from_sections(sections).unwrap_err();
        assert_eq!(error.message(), message);
        assert_eq!(error.kind(), ErrorKind::Morphology);
    }
    let mut half = cylinder("b").joined(0, 1.0);
    half.attachment.as_mut().unwrap().child_x = 0.5;
    let error = Morphology::from_sections(vec![cylinder("a"), half]).unwrap_err();
    assert_eq!(error.message(), "section `b` is joined by its place 0.5; only an end, 0 or 1, can be joined");
}
