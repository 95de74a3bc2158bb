//! Texts for tests: whole files, and files made from random choices.

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
        self.lines(0, |source, depth| match source.choose(6) {
            5 => source.put("allow BG103 \"reason\""),
            0 => source.put("use \"std/spring\""),
            1 => source.constant(depth),
            2 => source.block("probe ready from spring.health", depth, Self::probe_item),
            3 => source.block("driver switch haproxy", depth, Self::driver_item),
            _ => source.block("app shop", depth, Self::app_item),
        });
        self.out
    }

    fn choose(&mut self, of: u8) -> u8 {
        self.choices.next().map_or(0, |choice| choice % of)
    }

    fn put(&mut self, words: &str) {
        for (index, word) in words.split(' ').enumerate() {
            if index > 0 {
                let blank = [" ", "  ", "\t"][usize::from(self.choose(3))];
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

    fn lines(&mut self, depth: usize, item: fn(&mut Self, usize)) {
        for _ in 0..self.choose(6) {
            self.gap(depth);
            self.indent(depth);
            item(self, depth);
            self.end_of_line();
        }
        self.gap(depth);
    }

    fn block(&mut self, head: &str, depth: usize, item: fn(&mut Self, usize)) {
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
        match self.choose(12) {
            0 => self.put("8081"),
            1 => self.put("500ms"),
            2 => self.put("2xx"),
            3 => self.put("200..299"),
            4 => self.put("unless-stopped"),
            5 => self.out.push_str(r#""a {port} {{x \n\u{1F600} # \"""#),
            6 => self.out.push_str(r#"r"^[0-9a-f]{7} # \d""#),
            7 => self.text_block(depth, ""),
            8 => self.text_block(depth, "r"),
            9 => self.list(depth),
            10 => self.map(depth),
            _ => self.put("container.ip"),
        }
    }

    fn text_block(&mut self, depth: usize, prefix: &str) {
        let margin = " ".repeat(depth + usize::from(self.choose(3)));
        self.out.push_str(prefix);
        self.out.push_str("\"\"\"\n");
        for _ in 0..self.choose(4) {
            let line =
                ["", "  ", "echo # no comment", "  {{ }} \\\\ {port}"][usize::from(self.choose(4))];
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
        self.elements(depth, ('{', '}'), |source, depth| {
            let key = ["KEY", "\"other key\"", "a.b"][usize::from(source.choose(3))];
            source.put(key);
            source.put(" = ");
            source.value(depth);
        });
    }

    fn elements(&mut self, depth: usize, brackets: (char, char), item: fn(&mut Self, usize)) {
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
        match self.choose(23) {
            22 => self.put("allow BG704 r\"reason\""),
            0 => self.put("sudo"),
            1 => self.verb("root", depth),
            2 => {
                let types = [
                    "one_of [a, \"b\"]",
                    "secret matching r\"a\"",
                    "matching \"b\"",
                ];
                self.put("input NAME");
                if self.choose(2) == 1 {
                    self.put(", OTHER");
                }
                self.put(": ");
                let ty = self.choose(3);
                self.put(types[usize::from(ty)]);
                if self.choose(2) == 1 {
                    self.verb(" =", depth);
                }
                if self.choose(2) == 1 {
                    self.verb(" from file", depth);
                }
            }
            3 => self.constant(depth),
            4 => self.block("color blue", depth, |source, depth| {
                source.verb("port web", depth);
            }),
            5 => self.verb("address", depth),
            6 => self.verb("artifact", depth),
            7 => self.block("run jar", depth, Self::setting),
            8 => self.block("service worker", depth, |source, depth| {
                match source.choose(5) {
                    4 => source.block("verify page from ready", depth, Self::probe_item),
                    0 => source.put("no port"),
                    1 => source.put("handover exclusive"),
                    2 => source.verb("stop within", depth),
                    _ => source.block("run process", depth, Self::setting),
                }
            }),
            9 => self.block("shared network", depth, Self::setting),
            10 => self.block("probe ready", depth, Self::probe_item),
            11 => self.block("switch nginx", depth, Self::setting),
            12 => self.block("verify", depth, Self::probe_item),
            13 => self.put("verify none \"reason\""),
            14 => self.block("cleanup", depth, |source, depth| match source.choose(3) {
                0 => source.put("keep warm"),
                1 => source.verb("drain", depth),
                _ => source.verb("stop within", depth),
            }),
            15 => self.block("before switch", depth, Self::command),
            16 => self.block("on failure", depth, |source, depth| {
                match source.choose(2) {
                    0 => source.command(depth),
                    _ => source.block("notify slack", depth, Self::setting),
                }
            }),
            17 => self.block("lock", depth, |source, depth| source.verb("wait", depth)),
            18 => self.block("build", depth, Self::command),
            19 => {
                self.put("hosts ");
                self.list(depth);
            }
            20 => self.put("target codedeploy"),
            _ => self.put("color blue"),
        }
    }

    fn setting(&mut self, depth: usize) {
        match self.choose(4) {
            0 if depth < 8 => self.block("container \"nginx\"", depth, Self::setting),
            1 if depth < 8 => self.block("site", depth, Self::setting),
            _ => self.verb("name =", depth),
        }
    }

    fn command(&mut self, depth: usize) {
        match self.choose(3) {
            0 => self.put("exec [a, \"b c\"]"),
            1 => self.put("shell r\"a{b}\\\""),
            _ => {
                self.put("shell ");
                self.text_block(depth, "");
            }
        }
        if self.choose(2) == 1 {
            self.block("", depth, |source, depth| match source.choose(4) {
                0 => source.verb("within", depth),
                1 => source.verb("in", depth),
                2 => source.put("once"),
                _ => source.put("warn"),
            });
        }
    }

    fn probe_item(&mut self, depth: usize) {
        let verb = [
            "get",
            "post",
            "body",
            "tcp",
            "exec inside",
            "header \"X\"",
            "via",
            "ca",
            "expect status",
            "expect json \"a.b[0]\" equals",
            "expect header X matches",
            "every",
            "passes",
        ];
        match self.choose(16) {
            13 => self.put("healthy"),
            14 => self.put("expect color"),
            15 => self.put("warn"),
            which => self.verb(verb[usize::from(which)], depth),
        }
    }

    fn driver_item(&mut self, depth: usize) {
        match self.choose(6) {
            0 => self.put("functions \"a.sh\""),
            1 => self.verb("setting x: list of map of int =", depth),
            2 if depth < 8 => self.block("part site: string", depth, Self::driver_item),
            3 => {
                self.put("exactly one ");
                self.list(depth);
            }
            4 => self.put("fragment \"a.j2\" as nginx"),
            _ => self.verb("deadline reload", depth),
        }
    }
}
