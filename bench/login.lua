-- Logins of one user with the right password.
wrk.method = "POST"
wrk.path = "/api/usuario/login"
wrk.body = '{"login": "bench1", "senha": "12345678"}'
