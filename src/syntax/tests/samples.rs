//! Texts for tests: whole files, and files made from random choices.

use crate::syntax::block::Block;

/// Files with every statement, without a mistake.
pub(super) const ALL: [&str; 5] = [
    include_str!("../../../tests/cases/syntax/whole-spring/deploy.bg"),
    include_str!("../../../tests/cases/syntax/whole-athens/deploy.bg"),
    include_str!("../../../tests/cases/syntax/driver/deploy.bg"),
    include_str!("../../../tests/cases/syntax/reserved-words/deploy.bg"),
    include_str!("../../../tests/cases/syntax/everything/deploy.bg"),
];

/// Makes files from bytes. Each byte decides one choice. After the last byte the first choice is taken.
pub(super) struct Source<'a> {
    choices: std::slice::Iter<'a, u8>,
    out: String,
    comments: usize,
}

/// Writes one alternative at this depth.
type Arm<'a> = fn(&mut Source<'a>, usize);

impl<'a> Source<'a> {
    pub fn new(choices: &'a [u8]) -> Self {
        Self {
            choices: choices.iter(),
            out: String::new(),
            comments: 0,
        }
    }

    /// A whole file.
    pub fn file(mut self) -> String {
        self.lines(0, Self::top_item);
        self.out
    }

    /// One statement of a block.
    pub fn statement(mut self, block: Block) -> String {
        let item: Arm<'a> = match block {
            Block::Top => Self::top_item,
            Block::App => Self::app_item,
            Block::Settings => Self::setting,
            Block::Color => Self::color_item,
            Block::Service => Self::service_item,
            Block::Probe => Self::probe_item,
            Block::Cleanup => Self::cleanup_item,
            Block::Lock => Self::lock_item,
            Block::Commands => Self::command,
            Block::Options => Self::option,
            Block::On => Self::on_item,
            Block::Driver => Self::driver_item,
            Block::List => Self::value,
            Block::Map => Self::entry,
        };
        item(&mut self, 0);
        self.out
    }

    fn top_item(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, _| source.put("use \"std/spring\""),
                Self::constant,
                |source, depth| {
                    source.block("probe ready from spring.health", depth, Self::probe_item);
                },
                |source, depth| source.block("driver switch haproxy", depth, Self::driver_item),
                |source, depth| source.block("app shop", depth, Self::app_item),
                |source, _| source.put("allow BG103 \"reason\""),
            ],
        );
    }

    fn choose(&mut self, of: u8) -> u8 {
        self.choices.next().map_or(0, |choice| choice % of)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let of = u8::try_from(from.len()).expect("a byte decides");
        from[usize::from(self.choose(of))]
    }

    /// Writes one of the alternatives. The length of the list limits the choice, so no alternative can be forgotten.
    /// After the last byte the first alternative is always taken. So it must not contain another one, otherwise the
    /// file would never end.
    fn one_of(&mut self, depth: usize, arms: &[Arm<'a>]) {
        let arm = self.pick(arms);
        arm(self, depth);
    }

    fn put(&mut self, words: &str) {
        for (index, word) in words.split(' ').enumerate() {
            if index > 0 {
                let blank = self.pick(&[" ", "  ", "\t"]);
                self.out.push_str(blank);
            }
            self.out.push_str(word);
        }
    }

    fn comment(&mut self) {
        self.comments += 1;
        let text = format!("#! {} \u{c8fc}\u{c11d} {{ \" ", self.comments);
        self.out.push_str(&text);
    }

    fn indent(&mut self, depth: usize) {
        let wide = usize::from(self.choose(4));
        self.out.push_str(&" ".repeat(depth + wide));
    }

    /// Empty lines and comment lines.
    fn gap(&mut self, depth: usize) {
        for _ in 0..self.choose(4) {
            if self.choose(2) == 1 {
                self.indent(depth);
                self.comment();
            }
            self.out.push('\n');
        }
    }

    fn end_of_line(&mut self) {
        if self.choose(4) == 1 {
            self.out.push(' ');
            self.comment();
        }
        self.out.push('\n');
    }

    fn lines(&mut self, depth: usize, item: Arm<'a>) {
        for _ in 0..self.choose(6) {
            self.gap(depth);
            self.indent(depth);
            item(self, depth);
            self.end_of_line();
        }
        self.gap(depth);
    }

    fn block(&mut self, head: &str, depth: usize, item: Arm<'a>) {
        self.put(head);
        self.put(" {");
        match self.choose(4) {
            0 => {}
            1 => {
                self.out.push(' ');
                item(self, depth + 1);
                self.out.push(' ');
            }
            _ => {
                self.end_of_line();
                self.lines(depth + 1, item);
            }
        }
        self.out.push('}');
    }

    fn constant(&mut self, depth: usize) {
        self.put("let \u{c774}\u{b984} = ");
        self.value(depth);
    }

    fn value(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, _| source.put("8081"),
                |source, _| source.put("500ms"),
                |source, _| source.put("2xx"),
                |source, _| source.put("200..299"),
                |source, _| source.put("unless-stopped"),
                |source, _| source.out.push_str(r#""a {port} {{x \n\u{1F600} # \"""#),
                |source, _| source.out.push_str(r#"r"^[0-9a-f]{7} # \d""#),
                |source, depth| source.text_block(depth, ""),
                |source, depth| source.text_block(depth, "r"),
                Self::list,
                Self::map,
                |source, _| source.put("container.ip"),
            ],
        );
    }

    fn text_block(&mut self, depth: usize, prefix: &str) {
        let margin = " ".repeat(depth + usize::from(self.choose(3)));
        self.out.push_str(prefix);
        self.out.push_str("\"\"\"\n");
        for _ in 0..self.choose(4) {
            let line = self.pick(&["", "  ", "echo # no comment", "  {{ }} \\\\ {port}"]);
            self.out.push_str(&margin);
            self.out.push_str(line);
            self.out.push('\n');
        }
        if self.choose(4) == 1 {
            self.out.push('\n');
        }
        self.out.push_str(&margin);
        self.out.push_str("\"\"\"");
    }

    fn list(&mut self, depth: usize) {
        self.elements(depth, ('[', ']'), Self::value);
    }

    fn map(&mut self, depth: usize) {
        self.elements(depth, ('{', '}'), Self::entry);
    }

    fn entry(&mut self, depth: usize) {
        let key = self.pick(&["KEY", "\"other key\"", "a.b"]);
        self.put(key);
        self.put(" = ");
        self.value(depth);
    }

    fn elements(&mut self, depth: usize, brackets: (char, char), item: Arm<'a>) {
        self.out.push(brackets.0);
        let over_lines = self.choose(2) == 1;
        // Deeper levels have fewer parts.
        for index in 0..self
            .choose(4)
            .saturating_sub(u8::try_from(depth / 3).unwrap_or(u8::MAX))
        {
            if index > 0 {
                self.out.push(',');
            }
            if over_lines {
                self.end_of_line();
                self.gap(depth);
                self.indent(depth);
            }
            item(self, depth + 1);
        }
        if over_lines {
            self.end_of_line();
            self.gap(depth);
        }
        self.out.push(brackets.1);
    }

    fn verb(&mut self, verb: &str, depth: usize) {
        self.put(verb);
        self.put(" ");
        self.value(depth);
    }

    fn app_item(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, _| source.put("sudo"),
                |source, depth| source.verb("root", depth),
                Self::input,
                Self::constant,
                |source, _| source.put("color blue"),
                |source, depth| source.block("color blue", depth, Self::color_item),
                |source, depth| source.verb("address", depth),
                |source, depth| source.verb("artifact", depth),
                |source, depth| source.block("run jar", depth, Self::setting),
                |source, depth| source.block("service worker", depth, Self::service_item),
                |source, depth| source.block("shared network", depth, Self::setting),
                |source, depth| source.block("probe ready", depth, Self::probe_item),
                |source, depth| source.block("switch nginx", depth, Self::setting),
                |source, depth| source.block("verify", depth, Self::probe_item),
                |source, _| source.put("verify none \"reason\""),
                |source, depth| source.block("cleanup", depth, Self::cleanup_item),
                |source, depth| source.block("before switch", depth, Self::command),
                |source, depth| source.block("after verify", depth, Self::command),
                |source, depth| source.block("on failure", depth, Self::on_item),
                |source, depth| source.block("lock", depth, Self::lock_item),
                |source, depth| source.block("build", depth, Self::command),
                |source, depth| source.block("ship ssh", depth, Self::setting),
                |source, depth| {
                    source.put("hosts ");
                    source.list(depth);
                },
                |source, _| source.put("target codedeploy"),
                |source, _| source.put("allow BG704 r\"reason\""),
            ],
        );
    }

    fn input(&mut self, depth: usize) {
        self.put("input NAME");
        if self.choose(2) == 1 {
            self.put(", OTHER");
        }
        self.put(": ");
        let ty = self.pick(&[
            "one_of [a, \"b\"]",
            "secret matching r\"a\"",
            "matching \"b\"",
        ]);
        self.put(ty);
        if self.choose(2) == 1 {
            self.verb(" =", depth);
        }
        if self.choose(2) == 1 {
            self.verb(" from file", depth);
        }
    }

    fn color_item(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, depth| source.verb("port", depth),
                |source, depth| source.verb("port web", depth),
                Self::constant,
            ],
        );
    }

    fn service_item(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, _| source.put("no port"),
                |source, _| source.put("handover exclusive"),
                |source, depth| source.verb("stop within", depth),
                |source, depth| source.verb("address", depth),
                |source, depth| source.block("run process", depth, Self::setting),
                |source, depth| source.block("probe ready", depth, Self::probe_item),
                |source, depth| source.block("verify page from ready", depth, Self::probe_item),
                Self::constant,
            ],
        );
    }

    fn cleanup_item(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, _| source.put("keep warm"),
                |source, depth| source.verb("drain", depth),
                |source, depth| source.verb("stop within", depth),
            ],
        );
    }

    fn lock_item(&mut self, depth: usize) {
        self.verb("wait", depth);
    }

    fn on_item(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[Self::command, |source, depth| {
                source.block("notify slack", depth, Self::setting);
            }],
        );
    }

    fn setting(&mut self, depth: usize) {
        let assign: Arm<'a> = |source, depth| source.verb("name =", depth);
        if depth >= 8 {
            return assign(self, depth);
        }
        self.one_of(
            depth,
            &[
                |source, depth| source.block("container \"nginx\"", depth, Self::setting),
                |source, depth| source.block("site", depth, Self::setting),
                assign,
                assign,
            ],
        );
    }

    fn command(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, _| source.put("exec [a, \"b c\"]"),
                |source, _| source.put("shell r\"a{b}\\\""),
                |source, depth| {
                    source.put("shell ");
                    source.text_block(depth, "");
                },
            ],
        );
        if self.choose(2) == 1 {
            self.block("", depth, Self::option);
        }
    }

    fn option(&mut self, depth: usize) {
        self.one_of(
            depth,
            &[
                |source, depth| source.verb("within", depth),
                |source, depth| source.verb("in", depth),
                |source, _| source.put("once"),
                |source, _| source.put("warn"),
            ],
        );
    }

    fn probe_item(&mut self, depth: usize) {
        let alone = ["healthy", "expect color", "warn"];
        let with_value = [
            "get",
            "head",
            "post",
            "body",
            "tcp",
            "exec",
            "exec inside",
            "header \"X\"",
            "via",
            "ca",
            "expect status",
            "expect json \"a.b[0]\" equals",
            "expect header X matches",
            "expect body contains",
            "every",
            "within",
            "attempts",
            "timeout",
            "after",
            "passes",
        ];
        let alone = alone.map(|words| (words, false));
        let with_value = with_value.map(|words| (words, true));
        match self.pick(&[&alone[..], &with_value[..]].concat()) {
            (words, true) => self.verb(words, depth),
            (words, false) => self.put(words),
        }
    }

    fn driver_item(&mut self, depth: usize) {
        let mut arms: Vec<Arm<'a>> = vec![
            |source, _| source.put("functions \"a.sh\""),
            |source, _| source.put("extends process"),
            |source, depth| source.verb("setting x: list of map of int =", depth),
            |source, depth| {
                source.put("exactly one ");
                source.list(depth);
            },
            |source, depth| source.verb("tools", depth),
            |source, depth| source.verb("deadline reload", depth),
            |source, _| source.put("offers container.ip"),
            |source, _| source.put("cannot listens"),
            |source, _| source.put("fragment \"a.j2\" as nginx"),
            |source, _| source.put("file \"a.yml\" from \"a.yml.j2\""),
            |source, depth| source.verb("environment", depth),
            |source, _| source.put("wipes destination"),
            |source, depth| source.verb("limit", depth),
        ];
        if depth < 8 {
            arms.push(|source, depth| source.block("part site: string", depth, Self::driver_item));
        }
        self.one_of(depth, &arms);
    }
}
