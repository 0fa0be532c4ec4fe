// Starts the page. The token of a login goes with what is sent next; it is kept in the page alone.
"use strict";

const ui = SwaggerUIBundle({
    dom_id: "#api",
    url: "/openapi.json",
    // The badge would ask an outside host.
    validatorUrl: null,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    responseInterceptor: (response) => {
        if (response.status === 200 && new URL(response.url).pathname === "/api/usuario/login") {
            ui.preauthorizeApiKey("token", JSON.parse(response.text).accessToken);
        }
        return response;
    },
});
