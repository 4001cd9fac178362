extension EmbeddedPostgres {
    /// Where the server's programs are. Throws an error that names the command which installs them.
    public static func programsFolder() throws(EmbeddedPostgresError) -> String { try ServerPrograms.find().folder }
}
