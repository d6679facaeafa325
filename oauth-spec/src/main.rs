//! .
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let source = oauth_spec::Source::new(&path, &bytes);
        match oauth_spec::compile(&source, oauth_spec::Demand::Complete) {
            Ok(c) => { println!("{path} good {:?}", c.tally);
               let m = oauth_spec::emit::rust::module(&c.base, &c.variants);
               std::fs::write(format!("generated/src/{}.rs", c.base.identity.id), oauth_spec::emit::rust::file::module(&m, &path)).unwrap();
             }
            Err(f) => for d in &f { print!("{}", oauth_spec::render::finding(&source, d, oauth_spec::render::Colour::Never)); },
        }
    }
}
