# One image for pages, worker and schedule; compose.yaml gives each its command.
FROM python:3.11-slim AS build
WORKDIR /srv/outspoken
COPY . .
RUN python3 run.py install && rm -rf node_modules .cache

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/outspoken outspoken
WORKDIR /srv/outspoken
COPY --from=build /srv/outspoken /srv/outspoken
USER outspoken
EXPOSE 8000
ENTRYPOINT [".venv/bin/python", "-m", "app"]
CMD ["web", "--host", "0.0.0.0"]
