# Parley in a container: one volume for everything that it keeps, no root, and a health check.
#   docker build -t parley .
#   docker run -d --name parley -p 5222:5222 -p 5223:5223 -p 5280:5280 -p 5281:5281 -v parley:/var/lib/parley \
#     -e PARLEY_HOSTS='{"example.org": {}}' parley
#   docker exec parley parley user add alice@example.org --generate
FROM node:24-bookworm-slim
WORKDIR /opt/parley
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY bin bin
COPY conf conf
COPY src src
COPY modules modules
RUN ln -s /opt/parley/bin/parley /usr/local/bin/parley && install -d -o node -g node -m 700 /var/lib/parley
ENV NODE_ENV=production PARLEY_DATA=/var/lib/parley NODE_COMPILE_CACHE=/tmp/parley-cache
USER node
VOLUME /var/lib/parley
EXPOSE 5222 5223 5280 5281
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:5280/readyz').then((it) => process.exit(it.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/opt/parley/bin/parley"]
CMD ["start"]
