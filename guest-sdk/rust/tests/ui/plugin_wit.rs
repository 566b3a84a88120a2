sqlservice_sdk::plugin!("export hello: async func() -> strin;");

mod several {
    sqlservice_sdk::plugin!(
        "
        record note { text: string, day: dat }
        export notes: async func() -> list<note>;
        "
    );
}

mod syntax {
    sqlservice_sdk::plugin!("export hello: async func( -> string;");
}

fn main() {}
