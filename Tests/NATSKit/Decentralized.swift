public import Model

/// A server that knows whom to let in by signatures alone, and a user whom it lets in: an operator who vouches for an account,
/// which vouches for the user. The keys are made of bytes that anyone can guess, for tests, and end at no time.
public enum Decentralized {
    static let operatorJWT =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJURVNUIiwiaWF0IjoxNzAwMDAwMDAwLCJpc3MiOiJPQ0ZJUlk2NU9RRTdERlA1S0xOUzJQRjJMVlpNVVpZSlg0T1pJRVEzNk4ySVFBTlVCNVhWWU9DUyIsIm5hbWUiOiJ0ZXN0Iiwic3ViIjoiT0NGSVJZNjVPUUU3REZQNUtMTlMyUEYyTFZaTVVaWUpYNE9aSUVRMzZOMklRQU5VQjVYVllPQ1MiLCJuYXRzIjp7InR5cGUiOiJvcGVyYXRvciIsInZlcnNpb24iOjJ9fQ.WmSychW0kixniMvunCk5Rln8A5WprJwpdYaOuKL8k--M7bAXwVA-mFtNg7Uf0r8hAeC3phi6nSL7A0ALunQ1Bg"
    static let account = "ACATS5YOVB6ROX2WUNKGNQ2MP3GMXDMKSG2O4N5CLX3A6W4PZGZZIL2R"
    static let accountJWT =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJURVNUIiwiaWF0IjoxNzAwMDAwMDAwLCJpc3MiOiJPQ0ZJUlk2NU9RRTdERlA1S0xOUzJQRjJMVlpNVVpZSlg0T1pJRVEzNk4ySVFBTlVCNVhWWU9DUyIsIm5hbWUiOiJ0ZXN0Iiwic3ViIjoiQUNBVFM1WU9WQjZST1gyV1VOS0dOUTJNUDNHTVhETUtTRzJPNE41Q0xYM0E2VzRQWkdaWklMMlIiLCJuYXRzIjp7ImxpbWl0cyI6eyJzdWJzIjotMSwiZGF0YSI6LTEsInBheWxvYWQiOi0xLCJpbXBvcnRzIjotMSwiZXhwb3J0cyI6LTEsIndpbGRjYXJkcyI6dHJ1ZSwiY29ubiI6LTEsImxlYWYiOi0xLCJtZW1fc3RvcmFnZSI6LTEsImRpc2tfc3RvcmFnZSI6LTEsInN0cmVhbXMiOi0xLCJjb25zdW1lciI6LTF9LCJ0eXBlIjoiYWNjb3VudCIsInZlcnNpb24iOjJ9fQ.2VPePXaOcxKuMACVC0VTC6WOCv5vMaBjyeM7bkKO9uCfVcBt31A_8abMHAOGI_mj1-pcs7Xf4ZgR6lJgpXMRDA"
    static let system = "ADFJHLAXAUMHA4OWPOB4P7YO72AQR2HMIUYFOXLXE2DZGM633K7HZVXK"
    static let systemJWT =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJURVNUIiwiaWF0IjoxNzAwMDAwMDAwLCJpc3MiOiJPQ0ZJUlk2NU9RRTdERlA1S0xOUzJQRjJMVlpNVVpZSlg0T1pJRVEzNk4ySVFBTlVCNVhWWU9DUyIsIm5hbWUiOiJTWVMiLCJzdWIiOiJBREZKSExBWEFVTUhBNE9XUE9CNFA3WU83MkFRUjJITUlVWUZPWExYRTJEWkdNNjMzSzdIWlZYSyIsIm5hdHMiOnsibGltaXRzIjp7InN1YnMiOi0xLCJkYXRhIjotMSwicGF5bG9hZCI6LTEsImltcG9ydHMiOi0xLCJleHBvcnRzIjotMSwid2lsZGNhcmRzIjp0cnVlLCJjb25uIjotMSwibGVhZiI6LTF9LCJ0eXBlIjoiYWNjb3VudCIsInZlcnNpb24iOjJ9fQ.FRUrqUOBHzjHEF9eyRMGJgnBy4I0Tt5aKnIVGIcwsYQ88t_lRkSi6Abwy-90-SGF41b0FQdoWBYFAtAwLLr1Dw"
    static let userJWT =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJURVNUIiwiaWF0IjoxNzAwMDAwMDAwLCJpc3MiOiJBQ0FUUzVZT1ZCNlJPWDJXVU5LR05RMk1QM0dNWERNS1NHMk80TjVDTFgzQTZXNFBaR1paSUwyUiIsIm5hbWUiOiJ0ZXN0Iiwic3ViIjoiVURXVVNLR0dGREk0RlJYSzVFQlRSRUNaU1ZRU1NXSkhISk9HSDZKV0czQVVNRkZNUTQzNUMyVTQiLCJuYXRzIjp7InN1YnMiOi0xLCJkYXRhIjotMSwicGF5bG9hZCI6LTEsInB1YiI6e30sInN1YiI6e30sInR5cGUiOiJ1c2VyIiwidmVyc2lvbiI6Mn19.II1hbxuPK5iyFYGRS9UvMrHOlTgGG1vu5qUUnXgG0PWxUmRW8SUyl3bC58TSPpRVZiO7Z1tHfRSROT2uZLwwDA"
    static let userSeed = "SUAAGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGA6BEM"

    /// Lines of a server's configuration.
    public static let lines = """
        operator: \(operatorJWT)
        resolver: MEMORY
        system_account: \(system)
        resolver_preload: {\(account): \(accountJWT), \(system): \(systemJWT)}
        """

    /// The user's `.creds` file, as `nsc` writes it.
    public static let credentials = """
        -----BEGIN NATS USER JWT-----
        \(userJWT)
        ------END NATS USER JWT------

        ************************* IMPORTANT *************************
        NKEY Seed printed below can be used to sign and prove identity.

        -----BEGIN USER NKEY SEED-----
        \(userSeed)
        ------END USER NKEY SEED------
        """

    public static var login: Secret { Secret(name: "credentials", key: Array(credentials.utf8)) }
}
